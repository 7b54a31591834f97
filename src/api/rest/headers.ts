import { GatewayError } from '../../errors.ts'

/** The longest that a request waits for the end of its operation, in seconds. */
export const mostWait = 600

/**
 * The seconds of the first `wait` preference (RFC 7240), at most `mostWait`. What is malformed or not known counts as not
 * there, as section 2 asks.
 */
export function preferredWait(header: string | undefined): number | undefined {
  for (const preference of (header ?? '').split(',')) {
    const wait = /^\s*wait\s*=\s*(?:"(\d{1,9})"|(\d{1,9}))\s*(?:;.*)?$/i.exec(preference)
    if (wait) return Math.min(Number(wait[1] ?? wait[2]), mostWait)
    if (/^\s*wait\s*(?:[=;]|$)/i.test(preference)) return undefined
  }
  return undefined
}

/** A resourceVersion as an entity tag. */
export function entityTag(resourceVersion: string): string {
  return `"${resourceVersion}"`
}

/**
 * The resourceVersion that If-Match asks for; undefined for any (`*` or no header).
 * @throws {GatewayError} PreconditionFailed for a weak tag, which never matches (RFC 9110, section 13.1.1);
 * InvalidRequest for anything else but one strong tag.
 */
export function ifMatchVersion(header: string | undefined): string | undefined {
  const value = header?.trim()
  if (value === undefined || value === '*') return undefined
  const strong = /^"([\x21\x23-\x7e]{0,64})"$/.exec(value)
  if (strong) return strong[1]
  if (/^W\/"[\x21\x23-\x7e]{0,64}"$/.test(value)) {
    throw new GatewayError('PreconditionFailed', 'A weak entity tag matches nothing: send the ETag as it was given.')
  }
  throw new GatewayError('InvalidRequest', 'If-Match must be * or one ETag in double quotes.', {
    faults: [{ where: '/headers/if-match', what: 'must be * or one entity tag in double quotes' }],
  })
}

/** Whether If-None-Match lists that version (RFC 9110, section 13.1.2: weak tags count too). */
export function noneMatches(header: string | undefined, resourceVersion: string): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  return header.split(',').some(tag => tag.trim().replace(/^W\//, '') === entityTag(resourceVersion))
}

/** Whether an Accept header prefers Server-Sent Events to newline-delimited JSON (RFC 9110, section 12.5.1). */
export function prefersEventStream(accept: string | undefined): boolean {
  return quality(accept, 'text/event-stream') > quality(accept, 'application/x-ndjson')
}

function quality(accept: string | undefined, type: string): number {
  const ranges = new Map<string, number>()
  for (const part of (accept ?? '*/*').split(',')) {
    const [range = '', ...parameters] = part.split(';').map(piece => piece.trim().toLowerCase())
    const weight = parameters
      .map(parameter => /^q=([01](?:\.\d{0,3})?)$/.exec(parameter)?.[1])
      .find(q => q !== undefined)
    ranges.set(range, Number(weight ?? 1))
  }
  return ranges.get(type) ?? ranges.get(type.replace(/\/.*/, '/*')) ?? ranges.get('*/*') ?? 0
}
