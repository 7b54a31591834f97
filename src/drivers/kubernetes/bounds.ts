import { TransportError } from './errors.ts'

/**
 * How much of one kind is kept of one cluster: an API server of somebody else's may report whatever it likes. One
 * answer of it may have twice as many bytes.
 */
export interface Bounds {
  objects: number
  /** As `weightOf` counts. */
  bytes: number
}

export const defaultBounds: Bounds = { objects: 20_000, bytes: 64 * 1024 * 1024 }

/** Throws TransportError `too-large` when so much of a collection is more than the bounds allow. */
export function requireWithin(bounds: Bounds, path: string, { objects, bytes }: Bounds): void {
  const most =
    objects > bounds.objects
      ? `${bounds.objects} objects (setting CLUSTER_OBJECTS)`
      : bytes > bounds.bytes
        ? `${bounds.bytes} bytes (setting CLUSTER_BYTES)`
        : undefined
  if (most !== undefined) throw new TransportError('too-large', `the API server has more in ${path} than ${most}`)
}

const perValue = 16

/** Roughly the bytes that a value made of JSON takes. */
export function weightOf(value: unknown): number {
  if (typeof value === 'string') return perValue + value.length
  if (typeof value !== 'object' || value === null) return perValue
  let sum = perValue
  if (Array.isArray(value)) for (const each of value) sum += weightOf(each)
  else for (const [key, each] of Object.entries(value)) sum += key.length + weightOf(each)
  return sum
}
