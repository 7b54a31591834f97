import type { Clock } from '../../src/clock.ts'

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Sleepers that wait for time to pass. */
  readonly sleepers: number
  /** Lets everything run that needs no time: promise callbacks, next ticks, due immediates. */
  settle(): Promise<void>
  /**
   * Moves time on by `ms`. Whoever is due wakes in the order of the due times, with `now()` at that time, and what it
   * sets off settles before the next one wakes, so that a sleep begun on the way is served as well.
   */
  advance(ms: number): Promise<void>
  /** Moves time on, from one due sleeper to the next and no further, until the promise settles; answers as it does. */
  run<T>(work: Promise<T>): Promise<T>
}

interface Sleeper {
  due: number
  wake: () => void
}

/** Starts at `start`, milliseconds since the epoch (2026-01-01T00:00:00Z). A sleep of 0 ms wakes with `advance(0)`. */
export function createFakeClock(start: number = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start
  const sleepers = new Set<Sleeper>()
  let onSleep = Promise.withResolvers<void>()

  const settle = () => new Promise<void>(resolve => setImmediate(resolve))

  const earliest = () => {
    let first: Sleeper | undefined
    for (const sleeper of sleepers) if (first === undefined || sleeper.due < first.due) first = sleeper
    return first
  }

  const wake = async (sleeper: Sleeper) => {
    now = Math.max(now, sleeper.due)
    for (const other of sleepers) {
      if (other.due > sleeper.due) continue
      sleepers.delete(other)
      other.wake()
    }
    await settle()
  }

  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const abort = () => {
          sleepers.delete(sleeper)
          reject(signal?.reason)
        }
        const sleeper: Sleeper = {
          due: now + Math.max(0, ms),
          wake: () => {
            signal?.removeEventListener('abort', abort)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', abort, { once: true })
        onSleep.resolve()
        onSleep = Promise.withResolvers()
      }),
    get sleepers() {
      return sleepers.size
    },
    settle,
    async advance(ms) {
      const end = now + ms
      await settle()
      for (let next = earliest(); next !== undefined && next.due <= end; next = earliest()) await wake(next)
      now = end
    },
    async run(work) {
      let settled = false
      const end = () => {
        settled = true
      }
      const ended = work.then(end, end)
      await settle()
      while (!settled) {
        const next = earliest()
        if (next === undefined) await Promise.race([ended, onSleep.promise])
        else await wake(next)
      }
      return work
    },
  }
}
