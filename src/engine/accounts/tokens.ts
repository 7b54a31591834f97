import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Store } from '../../store/postgres.ts'
import { storeUnavailable, unavailable } from '../../store/unavailable.ts'
import { createBatches } from '../batches.ts'
import type { Principal } from './principal.ts'

export interface Accounts {
  /** Whose token this is; undefined for one that is unknown or expired, or whose user is disabled. */
  authenticate(token: string): Principal | undefined
  /** Reads users and tokens anew. */
  load(): Promise<void>
  /** Makes the user if need be, an admin, and lets exactly this token of the name stand for it. */
  grantAdmin(options: { user: string; tokenName: string; token: string; id: string }): Promise<void>
}

interface Credential {
  principal: Principal
  expiresAt: number
}

export const adminUser = 'admin'

/** 256 random bits: long enough that a plain hash of it keeps it secret. */
export function newToken(): string {
  return `kg_${randomBytes(32).toString('base64url')}`
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

export interface AccountsOptions {
  store: Store
  clock: Clock
  /** Called when a user's credential is gone or stands for another role: what they may see has to be asked anew. */
  onRevoked(user: string): void
}

/** Tokens by their hashes, kept in memory so that no request waits for the database. */
export function createAccounts({ store, clock, onRevoked }: AccountsOptions): Accounts {
  let credentials = new Map<string, Credential>()
  // One at a time: an older answer never replaces a newer one.
  const reads = createBatches<void>(async () => {
    const before = credentials
    credentials = await read().catch(error => {
      throw storeUnavailable(error) ? unavailable(error) : error
    })
    const revoked = [...before].flatMap(([hash, { principal }]) =>
      credentials.get(hash)?.principal.admin === principal.admin ? [] : principal.name,
    )
    for (const user of new Set(revoked)) onRevoked(user)
  })

  async function read(): Promise<Map<string, Credential>> {
    const rows = await store.sql<{ hash: Buffer; name: string; admin: boolean; expiresAt: Date | null }[]>`
      select tokens.hash, users.name, users.admin, tokens.expires_at as "expiresAt"
      from tokens join users on users.name = tokens.user_name
      where not users.disabled`
    return new Map(
      rows.map(({ hash, name, admin, expiresAt }) => [
        hash.toString('hex'),
        { principal: { name, admin }, expiresAt: expiresAt?.getTime() ?? Number.POSITIVE_INFINITY },
      ]),
    )
  }

  return {
    load: reads.add,
    authenticate(token) {
      // Looked up by a hash: how long that takes says nothing of the token.
      const found = credentials.get(hashOf(token).toString('hex'))
      return found && found.expiresAt > clock.now() ? found.principal : undefined
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
  }
}
