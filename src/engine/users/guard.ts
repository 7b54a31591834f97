import type { TransactionSql } from 'postgres'
import { GatewayError } from '../../errors.ts'
import type { Principal } from '../accounts/principal.ts'
import type { Table } from '../mirror/mirror.ts'
import type { User } from './schema.ts'

/** The user of a name, where the principal may see them. Throws NotFound. */
export function requireUser(table: Table<User>, principal: Principal, name: string): Readonly<User> {
  const found = table.byName(name, principal)
  if (!found) throw missing(name)
  return found
}

/** Throws Forbidden for who is no admin. */
export function requireAdmin(principal: Principal): void {
  if (!principal.admin) throw new GatewayError('Forbidden', 'only admins may do this')
}

/**
 * Locks a user against other commands until the transaction ends. Throws NotFound for one that is gone, also when
 * another has got the name.
 */
export async function lockUser(sql: TransactionSql, { id, name }: Readonly<User>): Promise<void> {
  const found = await sql`select 1 from users where id = ${id} for update`
  if (found.length === 0) throw missing(name)
}

/** Throws Conflict unless somebody but this user is an admin who can do something; until the transaction ends that stays so. */
export async function requireOtherAdmin(sql: TransactionSql, name: string): Promise<void> {
  const admins = await sql<{ name: string }[]>`
    select name from users where admin and not disabled order by name for update`
  if (admins.some(admin => admin.name !== name)) return
  throw new GatewayError('Conflict', `${name} is the last admin who is not disabled; make another user an admin first`)
}

export function missing(name: string): GatewayError {
  return new GatewayError('NotFound', `there is no user ${JSON.stringify(name)}`)
}
