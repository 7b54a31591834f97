import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'

export interface RetryOptions<T> {
  /** What is being tried, for the error: `applying DaemonSet kube-system/kindnet`. */
  what: string
  attempt(): Promise<T>
  isRetryable(error: unknown): boolean
  /** Milliseconds to wait after the given number of failures. */
  delayMs(failures: number): number
  clock: Clock
  signal: AbortSignal
}

/**
 * Tries until it succeeds, fails for good, or the signal aborts. Then it rejects with an error that gives the last
 * failure and carries the signal's reason as its cause.
 */
export async function retry<T>(options: RetryOptions<T>): Promise<T> {
  const { signal, clock } = options
  let last: unknown
  for (let failures = 0; ; ) {
    try {
      signal.throwIfAborted()
      return await options.attempt()
    } catch (error) {
      if (signal.aborted) throw gaveUp(options, last)
      if (!options.isRetryable(error)) throw error
      last = error
    }
    failures += 1
    await clock.sleep(options.delayMs(failures), signal).catch(() => {})
  }
}

function gaveUp<T>({ what, signal }: RetryOptions<T>, last: unknown): Error {
  const reason = messageOf(last ?? signal.reason)
  return new Error(`gave up ${what}: ${reason}`, { cause: signal.reason })
}
