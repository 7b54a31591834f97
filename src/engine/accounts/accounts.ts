import type { Clock } from '../../clock.ts'
import type { Store } from '../../store/postgres.ts'
import { asked } from '../../store/unavailable.ts'
import { createBatches } from '../batches.ts'
import type { Keyring } from '../secrets/keyring.ts'
import type { UserRow } from '../users/rows.ts'
import type { Identity } from './identity.ts'
import { createLastUse } from './last-use.ts'
import { selectCredentials, selectSealedKey, selectUsers } from './queries.ts'
import { createRegistry } from './registry.ts'
import { createProofs, openServiceKey } from './service-keys.ts'
import { hashOf } from './tokens.ts'

export interface Accounts {
  /** Whose token this is, an API token or a web token; undefined for one that is unknown, revoked or expired, or whose user is disabled. */
  authenticate(token: string): Identity | undefined
  /** The same for what a browser holds since its login. Use makes it last longer. */
  authenticateSession(session: string): Identity | undefined
  /** The same for a service account, by the JWE that its client made of `aux`. Rejects with GatewayError `Unavailable`. */
  authenticateServiceAccount(compact: string, aux: string): Promise<Identity | undefined>
  /** Whether an identity still holds, for who shows its credential once more: a use as well. */
  holds(identity: Identity): boolean
  /** Reads users and credentials anew; who lost one has lost it when this resolves. */
  load(): Promise<void>
  /** Makes the user if need be, an admin, and lets exactly this token of the name stand for it. */
  grantAdmin(options: { user: string; tokenName: string; token: string; id: string }): Promise<void>
  /** Ends what has expired, until the signal aborts. */
  expire(signal: AbortSignal): Promise<void>
  /** Resolves when nothing is being read or written. */
  settled(): Promise<void>
}

export interface AccountsOptions {
  store: Store
  clock: Clock
  keyring: Keyring
  /** How long a session lasts without being used, in milliseconds. */
  sessionIdleMs: number
  /** Gets all users, whenever they have been read. */
  show(users: UserRow[]): void
  /** Called when a user is gone, disabled or has another role: what they may see has to be asked anew. */
  onRevoked(user: string): void
}

/** Users and their credentials, kept in memory so that no request waits for the database. */
export function createAccounts(options: AccountsOptions): Accounts {
  const { store, clock, keyring, sessionIdleMs, show, onRevoked } = options
  let roles = new Map<string, string>()
  const registry = createRegistry({ clock })
  const lastUse = createLastUse({ store, clock, sessionIdleMs })
  const proofs = createProofs(async id => {
    const sealed = await asked(() => selectSealedKey(store.sql, id))
    return sealed === undefined ? undefined : openServiceKey(keyring, id, sealed)
  })

  // One at a time: an older answer never replaces a newer one.
  const reads = createBatches<void>(async () => {
    // Credentials first: one whose user was made since is missed until the next reading, and none lives without a user.
    const credentials = await asked(() => selectCredentials(store.sql))
    const users = await asked(() => selectUsers(store.sql))
    const now = new Map(users.map(user => [user.name, roleOf(user)]))
    const revoked = [...roles].filter(([name, role]) => now.get(name) !== role).map(([name]) => name)
    roles = now
    for (const name of revoked) onRevoked(name)
    registry.replace(
      users.filter(user => !user.disabled),
      credentials,
    )
    show(users)
  })

  function noted(identity: Identity | undefined): Identity | undefined {
    if (identity) lastUse.note(identity)
    return identity
  }

  return {
    load: reads.add,
    expire: registry.expire,
    authenticate: token => noted(registry.find('token', token) ?? registry.find('web', token)),
    authenticateSession: session => noted(registry.find('session', session)),
    async authenticateServiceAccount(compact, aux) {
      const identity = registry.find('serviceAccount', aux)
      if (!identity || !(await proofs.hold(identity, compact, aux))) return undefined
      return noted(identity.ended.aborted ? undefined : identity)
    },
    holds(identity) {
      if (identity.ended.aborted) return false
      lastUse.note(identity)
      return true
    },
    async grantAdmin({ user, tokenName, token, id }) {
      await store.transaction(async sql => {
        await sql`insert into users (name, admin) values (${user}, true) on conflict (name) do nothing`
        await sql`
          insert into tokens (id, user_name, name, hash) values (${id}, ${user}, ${tokenName}, ${hashOf(token)})
          on conflict (user_name, name) do update set hash = excluded.hash
          where tokens.hash is distinct from excluded.hash`
      })
      await reads.add()
    },
    async settled() {
      await Promise.all([reads.settled(), lastUse.settled()])
    },
  }
}

/** The user's id is part of it: one of the same name that was made later is another. */
function roleOf({ id, admin, disabled }: UserRow): string {
  return `${id} ${admin} ${disabled}`
}
