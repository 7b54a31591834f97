import { GatewayError } from '../errors.ts'

/** Codes of Node's sockets and of postgres.js that stand for a connection that is not there or was lost. */
const connectionCodes = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
])

/**
 * SQLSTATEs of a server that is starting, stopping, full, or that ended the session.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const connectionStates = /^(08|53)|^(57P01|57P02|57P03|57P05|25P03|25P04)$/

/** Whether an error means that the database cannot be reached now, rather than that a statement was wrong. */
export function storeUnavailable(error: unknown): boolean {
  if (error instanceof GatewayError) return error.code === 'Unavailable'
  const code = codeOf(error)
  return code !== undefined && (connectionCodes.has(code) || connectionStates.test(code))
}

/** Whether the same transaction can succeed when it is run again: a serialization failure or a deadlock. */
export function isRetryable(error: unknown): boolean {
  const code = codeOf(error)
  return code === '40001' || code === '40P01'
}

/** The error for callers when the database cannot be reached; one that is such an error already stays. */
export function unavailable(cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause
  return new GatewayError('Unavailable', 'The database is not available now', { cause })
}

/** What a query outside of a transaction answers; rejects with GatewayError `Unavailable` when there is no database. */
export async function asked<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query()
  } catch (error) {
    throw storeUnavailable(error) ? unavailable(error) : error
  }
}

/** The SQLSTATE, or the code of Node or postgres.js, that an error carries. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
