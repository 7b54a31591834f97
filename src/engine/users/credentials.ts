import type { Sql, TransactionSql } from 'postgres'
import type { Clock } from '../../clock.ts'
import { GatewayError } from '../../errors.ts'
import { violationOf } from '../../store/violation.ts'

/** The most credentials of a kind that a user may have: all are kept in memory. */
export const mostCredentials = 100

/** When something that is made now and lasts `seconds` expires; null: never. */
export function expiryOf(clock: Clock, seconds: number | undefined): Date | null {
  return seconds === undefined ? null : new Date(clock.now() + seconds * 1000)
}

/** Throws Forbidden for a user, locked before, who has as many as there may be. */
export async function requireRoom(
  sql: TransactionSql,
  table: 'tokens' | 'service_accounts',
  user: string,
): Promise<void> {
  const [row] = await sql<
    { count: number }[]
  >`select count(*)::int as count from ${sql(table)} where user_name = ${user}`
  if ((row?.count ?? 0) < mostCredentials) return
  throw new GatewayError('Forbidden', `exceeded quota: ${user} may have ${mostCredentials}; revoke one first`)
}

/** Writes a credential; AlreadyExists for a name that the user has given to another. */
export async function claimName(noun: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (violationOf(error)?.kind !== 'unique') throw error
    throw new GatewayError('AlreadyExists', `the user has a ${noun} of this name`, {
      faults: [{ where: '/body/name', what: 'must be a name that is not taken' }],
    })
  }
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A condition for the row that somebody means by its id or, where that is none of an id's form, by its name. */
export function matchesIdOrName(sql: Sql, idOrName: string) {
  return uuid.test(idOrName) ? sql`id = ${idOrName}` : sql`name = ${idOrName}`
}
