import type { WatchedClock } from './clock.ts'

/** Lets `ms` pass each time somebody sleeps for that long, until the work ends; gives what it gives. */
export async function stepUntil<T>(clock: WatchedClock, ms: number, work: Promise<T>): Promise<T> {
  const ended = work.then(
    () => true,
    () => true,
  )
  while (!(await Promise.race([ended, clock.sleeping(ms).then(() => false)]))) await clock.advance(ms)
  return work
}
