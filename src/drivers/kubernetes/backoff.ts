/** Waits that grow with each failure in a row, with full jitter, so that many clients do not come back at once. */
export interface Backoff {
  /** Milliseconds to wait now: between 0 and `baseMs` doubled once for each call since the last reset. */
  next(): number
  reset(): void
}

export interface BackoffOptions {
  baseMs: number
  capMs: number
  /** From 0 up to, not including, 1. */
  random: () => number
}

export function createBackoff({ baseMs, capMs, random }: BackoffOptions): Backoff {
  let failures = 0
  return {
    next() {
      const most = Math.min(capMs, baseMs * 2 ** failures)
      failures += 1
      return Math.floor(random() * most)
    },
    reset() {
      failures = 0
    },
  }
}
