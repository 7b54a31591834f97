import { createFakeClock, type FakeClock } from '../../../support/clock.ts'

/** A fake clock that also tells who sleeps for how long. */
export interface WatchedClock extends FakeClock {
  /** Resolves once somebody sleeps for exactly `ms` and has not woken. */
  sleeping(ms: number): Promise<void>
  /** Every length that somebody slept for or began to, in order. */
  readonly slept: number[]
}

export function createWatchedClock(): WatchedClock {
  const clock = createFakeClock()
  const asleep: number[] = []
  const slept: number[] = []
  let onSleep = Promise.withResolvers<void>()
  return {
    now: clock.now,
    settle: clock.settle,
    advance: clock.advance,
    run: clock.run,
    slept,
    get sleepers() {
      return clock.sleepers
    },
    async sleep(ms, signal) {
      slept.push(ms)
      asleep.push(ms)
      const sleep = clock.sleep(ms, signal)
      onSleep.resolve()
      onSleep = Promise.withResolvers()
      try {
        await sleep
      } finally {
        asleep.splice(asleep.indexOf(ms), 1)
      }
    },
    async sleeping(ms) {
      while (!asleep.includes(ms)) await onSleep.promise
    },
  }
}
