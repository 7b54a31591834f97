import { type Fault, GatewayError, messageOf } from '../../errors.ts'

/**
 * Parses a JSON body (RFC 8259). Stricter than JSON.parse: bytes that are not UTF-8 and keys given twice are errors, as
 * something would be lost.
 * @throws {GatewayError} InvalidRequest
 */
export function parseJson(bytes: Buffer): unknown {
  const text = decode(bytes)
  const value = parse(text)
  const twice = repeatedKeys(text)
  if (twice.length > 0) throw invalid('A key is given twice.', twice)
  return value
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid('The body is not UTF-8.', [{ where: '/body', what: 'must be JSON in UTF-8' }])
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalid('The body is not valid JSON.', [{ where: '/body', what: messageOf(error) }])
  }
}

function invalid(detail: string, faults: Fault[]): GatewayError {
  return new GatewayError('InvalidRequest', detail, { faults })
}

/**
 * Refuses text that the database cannot hold: NUL and halves of surrogate pairs, which JSON can only have by an escape.
 * @throws {GatewayError} InvalidRequest
 */
export function requireStorable(bytes: Buffer, value: unknown): void {
  if (!['\\u0000', '\\ud', '\\uD'].some(start => bytes.includes(start))) return
  const faults: Fault[] = []
  const left: { value: unknown; where: string }[] = [{ value, where: '/body' }]
  for (let next = left.pop(); next && faults.length < 8; next = left.pop()) {
    const { value: found, where } = next
    if (typeof found === 'string' && !isStorable(found)) faults.push({ where, what: unstorable })
    if (typeof found !== 'object' || found === null) continue
    for (const [key, member] of Object.entries(found)) {
      if (!isStorable(key)) faults.push({ where, what: `a key ${unstorable}` })
      left.push({ value: member, where: `${where}/${escapePointer(key)}` })
    }
  }
  if (faults.length > 0) throw invalid('The body has text that cannot be kept.', faults)
}

const unstorable = 'must not have NUL or half a surrogate pair'

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

interface Level {
  /** Undefined in an array. */
  keys: Set<string> | undefined
  /** The key or index that comes or is being read. */
  at: string | number
}

/** The first keys that an object has twice, at most eight. The text must be JSON. */
function repeatedKeys(text: string): Fault[] {
  const faults: Fault[] = []
  const levels: Level[] = []
  const tokens = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\],]/g
  for (const [token, colon] of text.matchAll(tokens)) {
    const level = levels.at(-1)
    if (token === '{') levels.push({ keys: new Set(), at: '' })
    else if (token === '[') levels.push({ keys: undefined, at: 0 })
    else if (token === '}' || token === ']') levels.pop()
    else if (token === ',' && typeof level?.at === 'number') level.at += 1
    else if (colon !== undefined && level?.keys) {
      level.at = String(JSON.parse(token.slice(0, -colon.length)))
      if (level.keys.has(level.at)) faults.push({ where: pointer(levels), what: 'is given more than once' })
      if (faults.length === 8) break
      level.keys.add(level.at)
    }
  }
  return faults
}

function pointer(levels: Level[]): string {
  return `/body${levels.map(({ at }) => `/${escapePointer(String(at))}`).join('')}`
}

/** A key as part of a JSON pointer (RFC 6901), cut to a length that can be shown. */
export function escapePointer(key: string): string {
  return key.slice(0, 128).replaceAll('~', '~0').replaceAll('/', '~1')
}
