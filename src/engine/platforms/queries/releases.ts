import type { TransactionSql } from 'postgres'
import type { Key } from '../../refs/names.ts'
import type { Database } from '../../refs/queries.ts'
import type { Unit } from '../names.ts'

export interface ReleaseRow {
  id: string
  platform: string
  owner: string
  system: Key
  environment: Key & { type: 'head' | 'id' | 'tag' }
  systemId: string
  environmentId: string
  failure: string | null
  message: string
  generation: number
  createdAt: Date
}

/** Releases: those of some ids, that of a unit, those that a system's or environment's movement may concern, or all. */
export async function selectReleases(
  sql: Database,
  of: { ids?: string[]; unit?: Unit; ofSystem?: string },
): Promise<ReleaseRow[]> {
  const { ids, unit, ofSystem } = of
  const rows = await sql<(ReleaseRow & StoredKeys)[]>`
    select l.id, l.platform, p.owner, l.system as "systemName", l.system_type as "systemType", l.system_ref as "systemRef",
      l.environment as "environmentName", l.environment_type as "environmentType",
      l.environment_ref as "environmentRef", l.system_id as "systemId", l.environment_id as "environmentId",
      l.failure, l.message, l.generation::int, l.created_at as "createdAt"
    from kubefox_releases l join kubefox_platforms p on p.name = l.platform
    where true ${ids === undefined ? sql`` : sql`and l.id in ${sql(ids)}`}
      ${unit === undefined ? sql`` : sql`and l.platform = ${unit.platform} and l.system = ${unit.system} and l.environment = ${unit.environment}`}
      ${ofSystem === undefined ? sql`` : sql`and l.system = ${ofSystem}`}
    order by l.created_at, l.id`
  return rows.map(
    ({ systemName, systemType, systemRef, environmentName, environmentType, environmentRef, ...row }) => ({
      ...row,
      system: { name: systemName, type: systemType, ref: systemRef },
      environment: { name: environmentName, type: environmentType, ref: environmentRef },
    }),
  )
}

interface StoredKeys {
  systemName: string
  systemType: Key['type']
  systemRef: string
  environmentName: string
  environmentType: 'head' | 'id' | 'tag'
  environmentRef: string
}

/** Writes a release; one of the same system and environment is replaced. */
export async function upsertRelease(
  sql: TransactionSql,
  row: Pick<ReleaseRow, 'id' | 'platform' | 'system' | 'environment' | 'systemId' | 'environmentId' | 'message'>,
): Promise<string> {
  const { platform, system, environment } = row
  const [written] = await sql<{ id: string }[]>`
    insert into kubefox_releases (id, platform, system, system_type, system_ref, environment, environment_type,
      environment_ref, system_id, environment_id, message)
    values (${row.id}, ${platform}, ${system.name}, ${system.type}, ${system.ref}, ${environment.name},
      ${environment.type}, ${environment.ref}, ${row.systemId}, ${row.environmentId}, ${row.message})
    on conflict (platform, system, environment) do update
      set system_type = excluded.system_type, system_ref = excluded.system_ref,
        environment_type = excluded.environment_type, environment_ref = excluded.environment_ref,
        system_id = excluded.system_id, environment_id = excluded.environment_id, message = excluded.message,
        failure = null, generation = kubefox_releases.generation + 1
    returning id`
  if (!written) throw new Error('an upsert returned nothing')
  await sql`delete from kubefox_uses where release = ${written.id}`
  return written.id
}

/** Notes where a release's refs lead to now, or why they cannot be followed; false when nothing is new. */
export async function updateRelease(
  sql: Database,
  { id, systemId, environmentId, failure }: Pick<ReleaseRow, 'id' | 'systemId' | 'environmentId' | 'failure'>,
): Promise<boolean> {
  const changed = await sql`
    update kubefox_releases set system_id = ${systemId}, environment_id = ${environmentId}, failure = ${failure}
    where id = ${id} and (system_id, environment_id, failure) is distinct from (${systemId}, ${environmentId}, ${failure})
    returning id`
  return changed.length > 0
}

export async function deleteRelease(sql: Database, unit: Unit): Promise<string | undefined> {
  const [gone] = await sql<{ id: string }[]>`
    delete from kubefox_releases
    where platform = ${unit.platform} and system = ${unit.system} and environment = ${unit.environment} returning id`
  return gone?.id
}
