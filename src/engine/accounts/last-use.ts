import type { Clock } from '../../clock.ts'
import type { Store } from '../../store/postgres.ts'
import { createBatches } from '../batches.ts'
import type { Identity } from './identity.ts'

/** Writes down when credentials were last used, at most once a minute for each. */
export interface LastUse {
  /** Waits for nothing; what cannot be written is forgotten. */
  note(identity: Identity): void
  /** Resolves when nothing is being written. */
  settled(): Promise<void>
}

const intervalMs = 60_000

export function createLastUse({ store, clock }: { store: Store; clock: Clock }): LastUse {
  const noted = new WeakMap<Identity, number>()
  const writes = createBatches<{ table: 'tokens' | 'service_accounts'; id: string }>(async used => {
    const now = new Date(clock.now())
    for (const [table, uses] of Map.groupBy(used, use => use.table)) {
      const ids = uses.map(use => use.id)
      await store.sql`update ${store.sql(table)} set last_used_at = ${now} where id in ${store.sql(ids)}`
    }
  })
  return {
    note(identity) {
      const { kind, id } = identity.credential
      if (kind === 'session' || clock.now() - (noted.get(identity) ?? Number.NEGATIVE_INFINITY) < intervalMs) return
      noted.set(identity, clock.now())
      writes.add({ table: kind === 'serviceAccount' ? 'service_accounts' : 'tokens', id }).catch(() => undefined)
    },
    settled: writes.settled,
  }
}
