import type { Clock } from '../../clock.ts'
import { GatewayError } from '../../errors.ts'
import type { Identity } from '../accounts/identity.ts'
import type { Quotas } from './schema.ts'

/** What users use of the gateway itself, counted in memory. */
export interface Usage {
  /** Counts a request. Throws TooManyRequests, whose `retryAfter` says when there is room again, in seconds. */
  admit(identity: Identity): void
  /**
   * Counts a watch or WebSocket until the function that it returns is called, which may be called twice. Throws
   * TooManyRequests.
   */
  connect(identity: Identity): () => void
}

export interface UsageOptions {
  clock: Clock
  /** The user's limits; undefined for one that is gone. */
  quotasOf(user: string): Quotas | undefined
}

/** Requests that may come at once, refilled evenly over a minute. */
interface Bucket {
  left: number
  at: number
}

const minuteMs = 60_000

export function createUsage({ clock, quotasOf }: UsageOptions): Usage {
  const buckets = new Map<string, Bucket>()
  const connections = new Map<string, number>()
  return {
    admit({ principal: { name } }) {
      const most = quotasOf(name)?.requestsPerMinute ?? null
      if (most === null) {
        buckets.delete(name)
        return
      }
      const now = clock.now()
      const { left, at } = buckets.get(name) ?? { left: most, at: now }
      const refilled = Math.min(most, left + ((now - at) * most) / minuteMs)
      buckets.set(name, { left: refilled < 1 ? refilled : refilled - 1, at: now })
      if (refilled >= 1) return
      const retryAfter = Math.ceil(((1 - refilled) * minuteMs) / most / 1000)
      throw new GatewayError('TooManyRequests', `at most ${most} requests a minute; try again in ${retryAfter} s`, {
        extra: { quota: 'requestsPerMinute', limit: most, retryAfter },
      })
    },
    connect({ principal: { name } }) {
      const most = quotasOf(name)?.connections ?? null
      const open = connections.get(name) ?? 0
      if (most !== null && open >= most)
        throw new GatewayError('TooManyRequests', `at most ${most} watches and WebSockets may be open at a time`, {
          extra: { quota: 'connections', limit: most },
        })
      connections.set(name, open + 1)
      let ended = false
      return () => {
        if (ended) return
        ended = true
        const left = (connections.get(name) ?? 1) - 1
        if (left === 0) connections.delete(name)
        else connections.set(name, left)
      }
    },
  }
}
