/** IPv4 ranges as numbers: all that choosing a free /24 takes. */
interface Range {
  first: number
  last: number
}

export function parseRange(cidr: string): Range {
  const [address = '', prefix = '32'] = cidr.split('/')
  const size = 2 ** (32 - Number(prefix))
  const first = Math.floor(toNumber(address) / size) * size
  return { first, last: first + size - 1 }
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

function toAddress(value: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(value / 2 ** shift) % 256).join('.')
}

/** Whether a range is written by its first address. */
export function isCanonical(cidr: string): boolean {
  return toAddress(parseRange(cidr).first) === cidr.split('/')[0]
}

export function sizeOf(cidr: string): number {
  const { first, last } = parseRange(cidr)
  return last - first + 1
}

/** Every address of a range. */
export function* addressesOf(cidr: string): Generator<string, undefined> {
  const { first, last } = parseRange(cidr)
  for (let next = first; next <= last; next++) yield toAddress(next)
}

export function overlaps(a: string, b: string): boolean {
  const [one, other] = [parseRange(a), parseRange(b)]
  return one.first <= other.last && other.first <= one.last
}

/** The first /24 of a pool that overlaps none of the ranges that are taken; undefined when there is none. */
export function chooseSubnet(pool: string, taken: string[]): string | undefined {
  const { first, last } = parseRange(pool)
  const ranges = taken.map(parseRange)
  for (let start = first; start + 255 <= last; start += 256)
    if (!ranges.some(range => range.first <= start + 255 && start <= range.last)) return `${toAddress(start)}/24`
  return undefined
}

/** The address of a network that the Docker host has in it: its first. */
export function gatewayOf(subnet: string): string {
  return toAddress(parseRange(subnet).first + 1)
}

/** The first `count` addresses of a subnet that no node holds; the network's and the gateway's are not for nodes. */
export function chooseAddresses(subnet: string, held: string[], count: number): string[] {
  const { first, last } = parseRange(subnet)
  const addresses: string[] = []
  for (let next = first + 2; next < last && addresses.length < count; next++)
    if (!held.includes(toAddress(next))) addresses.push(toAddress(next))
  return addresses
}

/** The same place in another subnet. */
export function moveAddress(address: string, from: string, to: string): string {
  return toAddress(toNumber(address) - parseRange(from).first + parseRange(to).first)
}
