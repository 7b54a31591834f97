import type { Sql, TransactionSql } from 'postgres'
import type { Principal } from '../../accounts/principal.ts'
import type { Database } from '../../refs/queries.ts'
import { pullSecretContext } from '../../refs/secrets.ts'
import { inBatches } from '../../secrets/batches.ts'
import type { SealedSource } from '../../secrets/reseal.ts'

export interface PlatformRow {
  id: string
  name: string
  owner: string
  title: string | null
  description: string | null
  cluster: string | null
  clusterId: string | null
  /** Sealed pull secrets by system; null: none. */
  systems: Record<string, string | null>
  generation: number
  createdAt: Date
}

/** Platforms that the principal may see: that of a name, or all; sorted by name. */
export function selectPlatforms(
  sql: Database,
  { name: owner, admin }: Principal,
  name?: string,
): Promise<PlatformRow[]> {
  return sql<PlatformRow[]>`
    select id, name, owner, title, description, cluster, cluster_id as "clusterId", systems, generation::int,
      created_at as "createdAt"
    from kubefox_platforms
    where (owner = ${owner} or ${admin}) ${name === undefined ? sql`` : sql`and name = ${name}`} order by name`
}

/** Locks the platform of a name: against changes (`update`), or only against its deletion. */
export async function lockPlatform(sql: TransactionSql, name: string, how: 'update' | 'key share'): Promise<void> {
  if (how === 'update') await sql`select from kubefox_platforms where name = ${name} for update`
  else await sql`select from kubefox_platforms where name = ${name} for share`
}

/** Makes a platform; false when the name is taken. */
export async function insertPlatform(
  sql: Database,
  platform: { id: string; name: string; owner: string },
): Promise<boolean> {
  const made = await sql`insert into kubefox_platforms ${sql(platform)} on conflict do nothing returning id`
  return made.length > 0
}

export async function updatePlatform(
  sql: TransactionSql,
  { id, systems, ...rest }: Pick<PlatformRow, 'id' | 'title' | 'description' | 'cluster' | 'clusterId' | 'systems'>,
): Promise<void> {
  await sql`
    update kubefox_platforms set systems = ${sql.json(systems)}, title = ${rest.title},
      description = ${rest.description}, cluster = ${rest.cluster}, cluster_id = ${rest.clusterId},
      generation = generation + 1
    where id = ${id}`
}

/** Rejects with SQLSTATE 23503 while it has deployments or releases. */
export async function deletePlatform(sql: Database, id: string): Promise<void> {
  await sql`delete from kubefox_platforms where id = ${id}`
}

/** Pull secrets. */
export const sealedPullSecrets = (sql: Sql): SealedSource =>
  async function* (most) {
    const batches = inBatches<Pick<PlatformRow, 'name' | 'systems'>>(
      after => sql`
        select name, systems from kubefox_platforms where name > ${after?.name ?? ''} order by name limit ${most}`,
    )
    for await (const rows of batches)
      yield rows.flatMap(({ name, systems }) =>
        Object.entries(systems).flatMap(([system, sealed]) => {
          if (sealed === null) return []
          const replace = (fresh: string) => sql`
            update kubefox_platforms set systems = jsonb_set(systems, array[${system}], to_jsonb(${fresh}::text))
            where name = ${name} and systems ->> ${system} = ${sealed}`
          return [{ context: pullSecretContext(name, system), sealed, replace }]
        }),
      )
  }
