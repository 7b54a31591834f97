import type { Clock } from '../../clock.ts'
import { isOver } from './reconciler.ts'
import { isExpired } from './rows.ts'
import type { OrderState } from './state.ts'

export interface ExpiryOptions {
  state: Pick<OrderState, 'all'>
  clock: Clock
  graceMs: number
  /** The order has just expired. */
  onExpired(orderId: string): void
  /** What runs for the order has to go. */
  onOver(orderId: string): void
}

export interface Expiry {
  /** Orders have changed: what is due next may be another. */
  changed(): void
  /** Tells of what is due until the signal aborts. */
  run(signal: AbortSignal): Promise<void>
}

/** The longest sleep, as timers hold no more than 24 days. */
const longestMs = 24 * 3600_000

/** Tells of each order that expires, and of each whose grace has passed, at that time. */
export function createExpiry({ state, clock, graceMs, onExpired, onOver }: ExpiryOptions): Expiry {
  const expired = new Set<string>()
  const over = new Set<string>()
  let sleep = new AbortController()

  function look(): number {
    const now = clock.now()
    let next = longestMs
    for (const row of state.all()) {
      tell(expired, row.id, isExpired(row, now), onExpired)
      tell(over, row.id, isOver(row, now, graceMs), onOver)
      const end = row.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY
      for (const due of [end - now, end + graceMs - now]) if (due > 0) next = Math.min(next, due)
    }
    return next
  }

  return {
    changed: () => sleep.abort(),
    async run(signal) {
      while (!signal.aborted) {
        sleep = new AbortController()
        const ms = look()
        await clock.sleep(ms, AbortSignal.any([signal, sleep.signal])).catch(() => undefined)
      }
    },
  }
}

/** Tells once that something has come about; an order that is renewed can expire again. */
function tell(known: Set<string>, id: string, holds: boolean, listener: (id: string) => void): void {
  if (holds && !known.has(id)) listener(id)
  if (holds) known.add(id)
  else known.delete(id)
}
