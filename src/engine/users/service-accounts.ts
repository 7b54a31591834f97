import { TypeCompiler } from '@sinclair/typebox/compiler'
import { GatewayError } from '../../errors.ts'
import { asked } from '../../store/unavailable.ts'
import type { Principal } from '../accounts/principal.ts'
import { newServiceKey, openServiceKey, type ServiceKey, sealServiceKey } from '../accounts/service-keys.ts'
import { hashOf } from '../accounts/tokens.ts'
import type { Keyring } from '../secrets/keyring.ts'
import { requireValid } from '../validate.ts'
import { claimName, expiryOf, matchesIdOrName, requireRoom } from './credentials.ts'
import { lockUser, requireUser } from './guard.ts'
import {
  type CliDocument,
  type IssuedServiceAccount,
  type ServiceAccount,
  type ServiceAccountCreate,
  serviceAccountCreateSchema,
  type User,
} from './schema.ts'
import type { CredentialDependencies } from './tokens.ts'

/** Where clients reach the gateway. */
export interface Address {
  host: string
  port: number
}

/** Users manage their own service accounts, admins everybody's; another's user is NotFound. */
export interface ServiceAccountCommands {
  /** `at` goes into the document for the client. Errors: NotFound, InvalidRequest, AlreadyExists (the name), Forbidden (too many). */
  create(principal: Principal, user: string, body: ServiceAccountCreate, at: Address): Promise<IssuedServiceAccount>
  list(principal: Principal, user: string): Promise<ServiceAccount[]>
  /** The client's document again, by the account's id or name. Errors: NotFound. */
  document(principal: Principal, user: string, idOrName: string, at: Address): Promise<CliDocument>
  /** By id or name. Whoever used it has lost it when this resolves. Errors: NotFound. */
  revoke(principal: Principal, user: string, idOrName: string): Promise<void>
}

interface Row extends Pick<ServiceAccount, 'id' | 'name'> {
  createdAt: Date
  expiresAt: Date | null
  lastUsedAt: Date | null
}

export function createServiceAccountCommands(
  dependencies: CredentialDependencies & { keyring: Keyring },
): ServiceAccountCommands {
  const { store, accounts, table, clock, ids, keyring } = dependencies
  const check = TypeCompiler.Compile(serviceAccountCreateSchema)
  return {
    async create(principal, name, body, at) {
      const user = requireUser(table, principal, name)
      requireValid(check, body)
      const key = await newServiceKey(ids())
      const row: Row = {
        id: ids(),
        name: body.name,
        createdAt: new Date(clock.now()),
        expiresAt: expiryOf(clock, body.expiresIn),
        lastUsedAt: null,
      }
      const sealed = await sealServiceKey(keyring, row.id, key)
      await claimName('service account', () =>
        store.transaction(async sql => {
          await lockUser(sql, user)
          await requireRoom(sql, 'service_accounts', name)
          await sql`
            insert into service_accounts (id, user_name, name, aux_hash, sealed, created_at, expires_at)
            values (${row.id}, ${name}, ${row.name}, ${hashOf(key.aux)}, ${sealed}, ${row.createdAt}, ${row.expiresAt})`
        }),
      )
      await accounts.load()
      return { ...viewServiceAccount(row), cli: cliDocument(user, key, at) }
    },

    async list(principal, name) {
      requireUser(table, principal, name)
      const rows = await asked(
        () => store.sql<Row[]>`
        select id, name, created_at as "createdAt", expires_at as "expiresAt", last_used_at as "lastUsedAt"
        from service_accounts where user_name = ${name} order by name`,
      )
      return rows.map(viewServiceAccount)
    },

    async document(principal, name, idOrName, at) {
      const user = requireUser(table, principal, name)
      const [row] = await asked(
        () => store.sql<{ id: string; sealed: string }[]>`
        select id, sealed from service_accounts
        where user_name = ${name} and ${matchesIdOrName(store.sql, idOrName)}`,
      )
      if (!row) throw missing(name, idOrName)
      return cliDocument(user, await openServiceKey(keyring, row.id, row.sealed), at)
    },

    async revoke(principal, name, idOrName) {
      requireUser(table, principal, name)
      const gone = await asked(
        () => store.sql`
        delete from service_accounts where user_name = ${name} and ${matchesIdOrName(store.sql, idOrName)} returning id`,
      )
      if (gone.length === 0) throw missing(name, idOrName)
      await accounts.load()
    },
  }
}

function viewServiceAccount({ createdAt, expiresAt, lastUsedAt, ...row }: Row): ServiceAccount {
  return {
    ...row,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  }
}

function cliDocument({ name, email }: Readonly<User>, { crv, kty, x, y, aux }: ServiceKey, at: Address): CliDocument {
  return { qbo_uid: { crv, kty, x, y }, qbo_aux: aux, qbo_port: at.port, qbo_host: at.host, qbo_user: email ?? name }
}

function missing(user: string, idOrName: string): GatewayError {
  return new GatewayError('NotFound', `${user} has no service account ${JSON.stringify(idOrName)}`)
}
