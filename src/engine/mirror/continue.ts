import { GatewayError } from '../../errors.ts'
import type { Versions } from './versions.ts'

/** Where the next page of a list starts. */
export interface Continuation {
  /** The version of the first page: a watch from there misses nothing that happened between the pages. */
  version: number
  /** The key of the last object given. */
  after: string
}

/** An opaque token: base64url of `{"v":<version>,"after":<key>}`. */
export function encodeContinue({ version, after }: Continuation): string {
  return Buffer.from(JSON.stringify({ v: version, after })).toString('base64url')
}

/**
 * @throws {GatewayError} InvalidRequest when it is not exactly what `encodeContinue` makes; Expired when another process
 * made it.
 */
export function decodeContinue(token: string, versions: Versions): Continuation {
  const parsed = parse(token)
  const continuation = isToken(parsed) ? { version: parsed.v, after: parsed.after } : undefined
  if (!continuation || encodeContinue(continuation) !== token) {
    throw new GatewayError('InvalidRequest', 'The continue token is not one that a list gave.', {
      faults: [{ where: '/query/continue', what: 'must be the continue token of the page before' }],
    })
  }
  if (continuation.version < versions.first || continuation.version > versions.current()) {
    throw new GatewayError('Expired', 'The continue token is too old: list again from the start.', {
      faults: [{ where: '/query/continue', what: 'was made before the gateway started' }],
    })
  }
  return continuation
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString())
  } catch {
    return undefined
  }
}

function isToken(value: unknown): value is { v: number; after: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'v' in value &&
    typeof value.v === 'number' &&
    'after' in value &&
    typeof value.after === 'string'
  )
}
