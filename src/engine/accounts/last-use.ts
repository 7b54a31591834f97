import type { Clock } from '../../clock.ts'
import type { Store } from '../../store/postgres.ts'
import { createBatches } from '../batches.ts'
import type { Credential, Identity } from './identity.ts'

/** Writes down when credentials were last used, at most once a minute for each; sessions last longer by it. */
export interface LastUse {
  /** Waits for nothing; what cannot be written is forgotten. */
  note(identity: Identity): void
  /** Resolves when nothing is being written. */
  settled(): Promise<void>
}

const intervalMs = 60_000

export interface LastUseOptions {
  store: Store
  clock: Clock
  /** How long a session lasts without being used, in milliseconds. */
  sessionIdleMs: number
}

const tables = {
  token: 'tokens',
  web: 'tokens',
  serviceAccount: 'service_accounts',
  session: 'sessions',
} as const satisfies Record<Credential['kind'], string>

export function createLastUse({ store, clock, sessionIdleMs }: LastUseOptions): LastUse {
  const noted = new WeakMap<Identity, number>()
  const writes = createBatches<{ table: (typeof tables)[Credential['kind']]; id: string }>(async used => {
    const now = new Date(clock.now())
    const later = new Date(clock.now() + sessionIdleMs)
    for (const [table, uses] of Map.groupBy(used, use => use.table)) {
      const ids = uses.map(use => use.id)
      if (table === 'sessions')
        await store.sql`update sessions set expires_at = least(ends_at, ${later}) where id in ${store.sql(ids)}`
      else await store.sql`update ${store.sql(table)} set last_used_at = ${now} where id in ${store.sql(ids)}`
    }
  })
  return {
    note(identity) {
      const { kind, id } = identity.credential
      if (clock.now() - (noted.get(identity) ?? Number.NEGATIVE_INFINITY) < intervalMs) return
      noted.set(identity, clock.now())
      writes.add({ table: tables[kind], id }).catch(() => undefined)
    },
    settled: writes.settled,
  }
}
