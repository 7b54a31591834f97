import type { Clock } from '../../clock.ts'
import { KubernetesError, TransportError } from './errors.ts'
import { retry } from './retry.ts'
import type { KubernetesRequest, KubernetesTransport } from './transport.ts'

export interface PollOptions {
  clock: Clock
  signal: AbortSignal
  /** Milliseconds from one answer to the next question; 100 when absent. */
  intervalMs?: number
  /** Milliseconds that one answer may take; 5 s when absent. */
  timeoutMs?: number
}

/**
 * Asks for a path again and again until `found` gives something other than undefined for the answer, and resolves with
 * that. Every failure to answer counts as "not yet", so it ends only there or when the signal aborts, and then rejects
 * with an error that says what was in the way.
 */
export async function poll<T>(
  transport: KubernetesTransport,
  request: Pick<KubernetesRequest, 'path' | 'query'>,
  found: (answer: unknown) => T | undefined,
  options: PollOptions,
): Promise<T> {
  const { clock, signal, intervalMs = 100, timeoutMs = 5_000 } = options
  return retry({
    what: `waiting for ${request.path}`,
    clock,
    signal,
    delayMs: () => intervalMs,
    isRetryable: error => error instanceof NotYet || error instanceof KubernetesError || isUnanswered(error),
    async attempt() {
      const answer = found(await transport.request({ ...request, signal, timeoutMs }))
      if (answer === undefined) throw new NotYet('it is not there yet')
      return answer
    },
  })
}

/** Resolves as soon as the API server says that it is alive (`/livez` answers 200), looking every 50 ms. */
export async function waitForApiServer(transport: KubernetesTransport, options: PollOptions): Promise<void> {
  await poll(transport, { path: '/livez' }, () => true, { intervalMs: 50, timeoutMs: 2_000, ...options })
}

class NotYet extends Error {}

function isUnanswered(error: unknown): boolean {
  return error instanceof TransportError && error.code !== 'closed'
}
