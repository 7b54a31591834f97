import type { TransactionSql } from 'postgres'
import type { Claims } from '../../drivers/identity-provider.ts'
import { GatewayError } from '../../errors.ts'
import { locks } from '../../store/locks.ts'
import { isAdmin, type LoginPolicy } from './policy.ts'

interface Person {
  name: string
  disabled: boolean
}

/**
 * The name of the user that somebody is: the one that they were before; else the one that has their address, which from
 * now on is theirs; else a new one, named after the address. One login after the other: the same person may log in twice at
 * once. Throws Forbidden for a user who is disabled, or whom somebody else already is.
 */
export async function userOf(
  sql: TransactionSql,
  { claims, address, policy }: { claims: Claims; address: string; policy: LoginPolicy },
): Promise<string> {
  const { issuer, subject } = claims
  const [space, key] = locks.login
  await sql`select pg_advisory_xact_lock(${space}, ${key})`
  const [known] = await sql<Person[]>`
    select name, disabled from users join identities on user_name = name
    where issuer = ${issuer} and subject = ${subject}`
  const person = known ?? (await byAddress(sql, claims, address))
  if (person?.disabled) throw new GatewayError('Forbidden', `The user ${person.name} is disabled.`)
  const name = person?.name ?? (await make(sql, address, isAdmin(address, policy)))
  if (!known) await sql`insert into identities (issuer, subject, user_name) values (${issuer}, ${subject}, ${name})`
  return name
}

async function byAddress(sql: TransactionSql, { issuer }: Claims, address: string): Promise<Person | undefined> {
  const [found] = await sql<(Person & { taken: boolean })[]>`
    select name, disabled,
      exists (select from identities where user_name = name and issuer = ${issuer}) as taken
    from users where lower(email) = ${address} for update`
  if (found?.taken)
    throw new GatewayError(
      'Forbidden',
      `The user ${found.name} has your e-mail address, but is somebody else at the identity provider; ask an admin.`,
    )
  return found
}

async function make(sql: TransactionSql, address: string, admin: boolean): Promise<string> {
  const name = nameOf(address)
  const made = await sql`
    insert into users (name, email, admin) values (${name}, ${address}, ${admin}) on conflict do nothing
    returning name`
  if (made.length > 0) return name
  throw new GatewayError(
    'Forbidden',
    `There is a user ${name} who has another e-mail address; an admin can give them ${address}.`,
  )
}

/** Names of users may be addresses, but have fewer signs. */
function nameOf(address: string): string {
  return address
    .replaceAll(/[^a-z0-9._@+-]/g, '-')
    .replace(/^[^a-z0-9]/, '0')
    .slice(0, 127)
}
