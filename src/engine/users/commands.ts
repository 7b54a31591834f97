import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { TransactionSql } from 'postgres'
import { GatewayError } from '../../errors.ts'
import { asked } from '../../store/unavailable.ts'
import { violationOf } from '../../store/violation.ts'
import type { Principal } from '../accounts/principal.ts'
import { selectUsers } from '../accounts/queries.ts'
import { requireVersion } from '../clusters/guard.ts'
import type { CommandOptions } from '../command-options.ts'
import { type QuotaOverrides, type QuotasPatch, quotaNames } from '../quotas/schema.ts'
import { requireValid } from '../validate.ts'
import type { UserCommandDependencies } from './dependencies.ts'
import { lockUser, missing, requireAdmin, requireOtherAdmin, requireUser } from './guard.ts'
import { type User, type UserCreate, type UserPatch, userCreateSchema, userPatchSchema } from './schema.ts'
import type { ServiceAccountCommands } from './service-accounts.ts'
import type { TokenCommands } from './tokens.ts'

export interface UserCommands {
  /** Errors: Forbidden (no admin), InvalidRequest, AlreadyExists (the name or the address of e-mail). */
  create(principal: Principal, body: UserCreate): Promise<Readonly<User>>
  /** What it takes away is taken away when it resolves. Errors: NotFound, Forbidden, Conflict (the last admin), AlreadyExists, PreconditionFailed. */
  patch(principal: Principal, name: string, body: UserPatch, options?: CommandOptions): Promise<Readonly<User>>
  /** With all credentials, at once. Errors: NotFound, Forbidden, Conflict (the last admin, or there are clusters), PreconditionFailed. */
  remove(principal: Principal, name: string, options?: CommandOptions): Promise<void>
  readonly tokens: TokenCommands
  readonly serviceAccounts: ServiceAccountCommands
}

export function createUserCommands(
  { store, accounts, table }: UserCommandDependencies,
  credentials: Pick<UserCommands, 'tokens' | 'serviceAccounts'>,
): UserCommands {
  const checks = { create: TypeCompiler.Compile(userCreateSchema), patch: TypeCompiler.Compile(userPatchSchema) }

  function shown(name: string): Readonly<User> {
    const user = table.byName(name)
    if (!user) throw missing(name)
    return user
  }

  return {
    ...credentials,

    async create(principal, body) {
      requireAdmin(principal)
      requireValid(checks.create, body)
      const { name, email = null, admin = false } = body
      await claiming(() => store.sql`insert into users (name, email, admin) values (${name}, ${email}, ${admin})`)
      await accounts.load()
      return shown(name)
    },

    async patch(principal, name, body, options = {}) {
      const user = requireUser(table, principal, name)
      requireAdmin(principal)
      requireValid(checks.patch, body)
      await claiming(() =>
        store.transaction(async sql => {
          // Before the user is locked, so that two who take each other's role wait in the same order.
          if (body.admin === false || body.disabled === true) await requireOtherAdmin(sql, name)
          await lockUser(sql, user)
          requireVersion(shown(name), options)
          await write(sql, user, body)
        }),
      )
      await accounts.load()
      return shown(name)
    },

    async remove(principal, name, options = {}) {
      const user = requireUser(table, principal, name)
      requireAdmin(principal)
      await store.transaction(async sql => {
        await requireOtherAdmin(sql, name)
        await lockUser(sql, user)
        requireVersion(shown(name), options)
        await requireNothingOwned(sql, name)
        // They would show to another user who gets the name.
        await sql`delete from operations where owner = ${name}`
        await releasing(name, () => sql`delete from users where id = ${user.id}`)
      })
      await accounts.load()
    },
  }
}

async function write(sql: TransactionSql, user: Readonly<User>, { quotas, ...body }: UserPatch): Promise<void> {
  const [row] = await selectUsers(sql, { names: [user.name] })
  if (!row) throw missing(user.name)
  const { email = row.email, admin = row.admin, disabled = row.disabled } = body
  const merged = mergeQuotas(row.quotas, quotas ?? {})
  await sql`
    update users set email = ${email}, admin = ${admin}, disabled = ${disabled}, quotas = ${sql.json(merged)},
      generation = generation + 1
    where id = ${user.id}`
}

/** JSON merge patch (RFC 7396). */
function mergeQuotas(overrides: QuotaOverrides, patch: QuotasPatch): QuotaOverrides {
  const merged: QuotaOverrides = {}
  for (const name of quotaNames) {
    const limit = patch[name] === undefined ? overrides[name] : patch[name]
    if (limit !== null && limit !== undefined) merged[name] = limit
  }
  return merged
}

/** Throws Conflict, naming them, while the user has clusters, or work of theirs is under way. */
async function requireNothingOwned(sql: TransactionSql, name: string): Promise<void> {
  const rows = await sql<{ name: string }[]>`
    select name from clusters where owner = ${name}
    union select name from imported_clusters where owner = ${name} order by name`
  const clusters = rows.map(row => row.name)
  if (clusters.length > 0)
    throw new GatewayError('Conflict', `${name} owns clusters: ${clusters.join(', ')}; delete them first`, {
      extra: { clusters },
    })
  const going = await sql`select 1 from operations where owner = ${name} and finished_at is null limit 1`
  if (going.length > 0)
    throw new GatewayError('Conflict', `an operation of ${name} is under way; wait until it has ended`)
}

/** Says which name or address is taken. */
async function claiming(write: () => Promise<unknown>): Promise<void> {
  try {
    await asked(write)
  } catch (error) {
    if (violationOf(error)?.kind !== 'unique') throw error
    const field = violationOf(error)?.constraint === 'users_email' ? 'email' : 'name'
    throw new GatewayError('AlreadyExists', `another user has this ${field}`, {
      faults: [{ where: `/body/${field}`, what: 'must be one that is not taken' }],
    })
  }
}

async function releasing(name: string, remove: () => Promise<unknown>): Promise<void> {
  try {
    await remove()
  } catch (error) {
    const violation = violationOf(error)
    if (violation?.kind !== 'foreignKey') throw error
    throw new GatewayError('Conflict', `${name} still owns ${violation.table}; delete them first`)
  }
}
