import type { Clock } from './clock.ts'

/** A signal that follows another one and aborts by itself when time is up. */
export interface Deadline {
  signal: AbortSignal
  /** Time no longer matters; the other signal still does. */
  stopTimer(): void
  /** Lets go of the timer and of the other signal. */
  end(): void
}

export interface DeadlineOptions {
  clock: Clock
  /** Milliseconds; Infinity for none. */
  timeoutMs: number
  /** The reason to abort with when time is up. */
  expired(): Error
  signal?: AbortSignal | undefined
}

export function startDeadline(options: DeadlineOptions): Deadline {
  const { clock, timeoutMs, signal } = options
  const controller = new AbortController()
  const timer = new AbortController()
  const follow = () => controller.abort(signal?.reason)
  if (signal?.aborted) follow()
  else signal?.addEventListener('abort', follow, { once: true })
  if (timeoutMs !== Number.POSITIVE_INFINITY && !controller.signal.aborted) {
    clock.sleep(timeoutMs, timer.signal).then(
      () => controller.abort(options.expired()),
      () => {},
    )
  }
  const stopTimer = () => timer.abort()
  return {
    signal: controller.signal,
    stopTimer,
    end() {
      stopTimer()
      signal?.removeEventListener('abort', follow)
    },
  }
}

/** What the promise gives, or the signal's reason when that aborts first. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
