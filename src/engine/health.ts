import type { Clock } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Store } from '../store/postgres.ts'
import type { HealthCheck } from './api.ts'
import type { Observed } from './nodes/observed.ts'

export interface Health {
  /** What the gateway needs, as last seen; asks nobody. */
  checks(): HealthCheck[]
  /** Looks after the store until the signal aborts. */
  watch(signal: AbortSignal): Promise<void>
}

const intervalMs = 5000

export function createHealth(options: { store: Pick<Store, 'ping'>; observed: Observed; clock: Clock }): Health {
  const { store, observed, clock } = options
  let storeDown = ''
  const check = (name: HealthCheck['name'], message: string) => ({ name, ready: message === '', message })
  return {
    checks: () => [
      check('store', storeDown),
      check('mirror', observed.synced ? '' : 'waits for the first look at the runtime'),
      check('runtime', observed.down?.reason ?? ''),
    ],
    async watch(signal) {
      while (!signal.aborted) {
        storeDown = await store.ping().then(
          () => '',
          (error: unknown) => messageOf(error),
        )
        await clock.sleep(intervalMs, signal).catch(() => undefined)
      }
    },
  }
}
