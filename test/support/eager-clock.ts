import type { Clock } from '../../src/clock.ts'

/** Sleeps at least this long, in milliseconds, are time limits and intervals; shorter ones are pauses before a retry. */
export const patienceMs = 5000

/** A clock for tests that do not care about time: pauses pass at once, limits are never reached. */
export function createEagerClock(start: number = Date.UTC(2026, 0, 1)): Clock {
  let now = start
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const abort = () => {
          clearImmediate(turn)
          reject(signal?.reason)
        }
        const wake = () => {
          signal?.removeEventListener('abort', abort)
          now += ms
          resolve()
        }
        const turn = ms < patienceMs ? setImmediate(wake) : undefined
        signal?.addEventListener('abort', abort, { once: true })
      }),
  }
}
