/** Whether two IPv4 ranges in CIDR share an address. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [rangeOf(one), rangeOf(other)]
  return a.first <= b.last && b.first <= a.last
}

/** Whether an IPv4 range in CIDR holds an address. */
export function contains(range: string, address: string): boolean {
  return overlap(range, `${address}/32`)
}

function rangeOf(cidr: string): { first: number; last: number } {
  const [address = '', prefix = '32'] = cidr.split('/')
  const size = 2 ** (32 - Number(prefix))
  const number = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
  const first = number - (number % size)
  return { first, last: first + size - 1 }
}
