import { messageOf } from '../../errors.ts'
import { listAt, textAt } from './objects.ts'

/** The API server answered with an error: the HTTP code and its Status object's reason and message. */
export class KubernetesError extends Error {
  /** HTTP status code. */
  readonly status: number
  /** As the Status object gives it: `NotFound`, `AlreadyExists`, `Expired`; empty where there is none. */
  readonly reason: string
  /** Milliseconds that the API server asks to wait for, 0 when it does not. */
  readonly retryAfterMs: number
  /** `status.details.causes[].reason`. */
  readonly causes: string[]

  constructor(options: { status: number; reason: string; message: string; retryAfterMs?: number; causes?: string[] }) {
    super(options.message)
    this.name = 'KubernetesError'
    this.status = options.status
    this.reason = options.reason
    this.retryAfterMs = options.retryAfterMs ?? 0
    this.causes = options.causes ?? []
  }
}

export type TransportErrorCode = 'unreachable' | 'timeout' | 'too-large' | 'malformed' | 'closed'

/** The API server gave no answer, or none that can be read. */
export class TransportError extends Error {
  readonly code: TransportErrorCode

  constructor(code: TransportErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'TransportError'
    this.code = code
  }
}

/** The error that an answer with an HTTP status outside 2xx stands for; `body` is its decoded JSON or its text. */
export function errorFromAnswer(status: number, body: unknown, retryAfter?: string): KubernetesError {
  const seconds = Number(retryAfter ?? 0)
  return new KubernetesError({
    status,
    reason: textAt(body, 'reason'),
    message: textAt(body, 'message') || plainMessage(status, body),
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0,
    causes: causesOf(body),
  })
}

export function hasStatus(error: unknown, ...statuses: number[]): error is KubernetesError {
  return error instanceof KubernetesError && statuses.includes(error.status)
}

/** Whether the same request may succeed a little later: no answer, too many requests, or the server's own fault. */
export function isTransient(error: unknown): boolean {
  if (error instanceof TransportError) return error.code === 'unreachable' || error.code === 'timeout'
  return error instanceof KubernetesError && (error.status === 429 || error.status >= 500)
}

/** Whether there was more than is taken. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof TransportError && error.code === 'too-large'
}

/** Whether the API server is there and answers, though not with what was asked for. */
export function isAnswer(error: unknown): boolean {
  return isTooLarge(error) || (error instanceof KubernetesError && error.status < 500)
}

/** Why an API server cannot be followed, in words that name it. */
export function reasonOf(error: unknown): string {
  const message = messageOf(error)
  const named = !(error instanceof KubernetesError) || message.startsWith('the API server')
  return named ? message : `the API server answers ${error.status}: ${message}`
}

function plainMessage(status: number, body: unknown): string {
  const text = typeof body === 'string' ? body.trim().slice(0, 200) : ''
  return text === '' ? `the API server answered ${status}` : `the API server answered ${status}: ${text}`
}

function causesOf(body: unknown): string[] {
  return listAt(body, 'details', 'causes')
    .map(cause => textAt(cause, 'reason'))
    .filter(reason => reason !== '')
}
