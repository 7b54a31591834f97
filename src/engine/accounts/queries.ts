import type { Sql, TransactionSql } from 'postgres'
import type { UserRow } from '../users/rows.ts'
import type { StoredCredential } from './registry.ts'

type Database = Sql | TransactionSql

/** Users, those of some names or all. */
export async function selectUsers(sql: Database, { names }: { names?: string[] } = {}): Promise<UserRow[]> {
  return sql<UserRow[]>`
    select id, name, email, admin, disabled, quotas, generation::int, created_at as "createdAt" from users
    ${names === undefined ? sql`` : sql`where name in ${sql(names)}`}
    order by name`
}

/** Every credential that may let somebody in, by the hash of its secret. */
export async function selectCredentials(sql: Database): Promise<StoredCredential[]> {
  return sql<StoredCredential[]>`
    select kind, id, user_name as "user", encode(hash, 'hex') as hash, expires_at as "expiresAt" from tokens
    union all
    select 'serviceAccount', id, user_name, encode(aux_hash, 'hex'), expires_at from service_accounts`
}

export async function selectSealedKey(sql: Database, id: string): Promise<string | undefined> {
  const [row] = await sql<{ sealed: string }[]>`select sealed from service_accounts where id = ${id}`
  return row?.sealed
}
