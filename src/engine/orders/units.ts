/** What one unit of an order is worth. */
export interface UnitSettings {
  /** `1Gi`. */
  unitMemory: string
  /** `250m`. */
  unitCpu: string
}

export interface Worth {
  /** Bytes. */
  memory: number
  /** Thousandths of a CPU. */
  cpu: number
}

const mebibyte = 2 ** 20

/** What so many units are worth. */
export function worthOf(units: number, { unitMemory, unitCpu }: UnitSettings): Worth {
  return { memory: units * memoryBytes(unitMemory), cpu: units * milliCpus(unitCpu) }
}

/** The bytes of a quantity in Mi or Gi, with or without decimals; NaN for anything else. */
export function memoryBytes(text: string): number {
  const [, number = '', unit] = /^(\d{1,9}(?:\.\d{1,3})?)(Mi|Gi)$/.exec(text) ?? []
  return number === '' ? Number.NaN : Math.round(Number(number) * mebibyte * (unit === 'Gi' ? 1024 : 1))
}

/** Thousandths of a CPU in a quantity such as `250m` or `2`. */
export function milliCpus(text: string): number {
  return text.endsWith('m') ? Number(text.slice(0, -1)) : Number(text) * 1000
}

/** Bytes as a quantity, in the largest unit of Gi, Mi that gives a whole number, else in bytes. */
export function formatMemory(bytes: number): string {
  if (bytes % (1024 * mebibyte) === 0) return `${bytes / (1024 * mebibyte)}Gi`
  return bytes % mebibyte === 0 ? `${bytes / mebibyte}Mi` : String(bytes)
}

export function formatCpu(milli: number): string {
  return `${milli}m`
}
