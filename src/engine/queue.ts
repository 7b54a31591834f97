import type { Clock } from '../clock.ts'

export interface WorkQueueOptions {
  /** Does the work of a key; rejecting means: try again later. */
  work(key: string, signal: AbortSignal): Promise<void>
  /** Told of each rejection before the next try. */
  onRetry(key: string, error: unknown, delayMs: number): void
  clock: Clock
  random: () => number
  /** Keys worked on at once. */
  concurrency: number
}

export interface WorkQueue {
  /** Asks for work on a key; asked while that goes on, it is done once more afterwards. */
  add(key: string): void
  /** Aborts the work that goes on for a key, and does it anew, however much else is being worked on. */
  restart(key: string): void
  /** Ends all work and takes no more. Resolves when nothing runs. */
  close(): Promise<void>
}

const firstDelayMs = 500
const longestDelayMs = 30_000

/**
 * Keys that need work, as in Kubernetes' controllers (client-go: util/workqueue): one worker a key, no key twice at
 * once, failures tried again after a delay that doubles and is jittered.
 */
export function createWorkQueue({ work, onRetry, clock, random, concurrency }: WorkQueueOptions): WorkQueue {
  const waiting = new Set<string>()
  const urgent = new Set<string>()
  const running = new Map<string, { controller: AbortController; done: Promise<void> }>()
  const failures = new Map<string, number>()
  const delays = new Map<string, AbortController>()
  let closed = false

  function next(): void {
    for (const key of waiting) {
      if (closed) return
      if (running.has(key) || (running.size >= concurrency && !urgent.has(key))) continue
      waiting.delete(key)
      urgent.delete(key)
      const controller = new AbortController()
      running.set(key, { controller, done: run(key, controller.signal) })
    }
  }

  async function run(key: string, signal: AbortSignal): Promise<void> {
    // Not before the map knows of it.
    await Promise.resolve()
    try {
      await work(key, signal)
      failures.delete(key)
    } catch (error) {
      if (!signal.aborted) retry(key, error)
    } finally {
      running.delete(key)
      next()
    }
  }

  function retry(key: string, error: unknown): void {
    const count = failures.get(key) ?? 0
    failures.set(key, count + 1)
    const delay = Math.round((0.5 + random() / 2) * Math.min(longestDelayMs, firstDelayMs * 2 ** count))
    onRetry(key, error, delay)
    const controller = new AbortController()
    delays.get(key)?.abort()
    delays.set(key, controller)
    clock.sleep(delay, controller.signal).then(
      () => add(key),
      () => undefined,
    )
  }

  function add(key: string): void {
    if (closed) return
    delays.get(key)?.abort()
    delays.delete(key)
    waiting.add(key)
    next()
  }

  return {
    add,
    restart(key) {
      failures.delete(key)
      running.get(key)?.controller.abort(new Error('superseded'))
      urgent.add(key)
      add(key)
    },
    async close() {
      closed = true
      for (const delay of delays.values()) delay.abort()
      for (const { controller } of running.values()) controller.abort(new Error('the gateway stops'))
      await Promise.allSettled([...running.values()].map(({ done }) => done))
    },
  }
}
