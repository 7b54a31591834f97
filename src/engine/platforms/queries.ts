import type { TransactionSql } from 'postgres'
import type { Principal } from '../accounts/principal.ts'
import type { Key } from '../refs/names.ts'
import type { Database } from '../refs/queries.ts'
import type { ComponentRef } from './components.ts'
import type { Unit } from './names.ts'

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

export interface DeploymentRow {
  id: string
  platform: string
  owner: string
  system: Key
  systemId: string
  components: ComponentRef[]
  message: string
  generation: number
  createdAt: Date
}

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

/** Deployments: those of some ids, those of a system on a platform, or all. */
export async function selectDeployments(
  sql: Database,
  of: { ids?: string[]; platform?: string; system?: string },
): Promise<DeploymentRow[]> {
  const rows = await sql<(DeploymentRow & { refType: Key['type']; ref: string; systemName: string })[]>`
    select d.id, d.platform, p.owner, d.system as "systemName", d.ref_type as "refType", d.ref,
      d.system_id as "systemId", d.components, d.message, d.generation::int, d.created_at as "createdAt"
    from kubefox_deployments d join kubefox_platforms p on p.name = d.platform
    where true ${of.ids === undefined ? sql`` : sql`and d.id in ${sql(of.ids)}`}
      ${of.platform === undefined ? sql`` : sql`and d.platform = ${of.platform}`}
      ${of.system === undefined ? sql`` : sql`and d.system = ${of.system}`}
    order by d.created_at, d.id`
  return rows.map(({ refType, ref, systemName, ...row }) => ({
    ...row,
    system: { name: systemName, type: refType, ref },
  }))
}

/** Writes a deployment; of one that is there only a branch is deployed again. Undefined where that is refused. */
export async function upsertDeployment(
  sql: TransactionSql,
  row: Pick<DeploymentRow, 'id' | 'platform' | 'system' | 'systemId' | 'components' | 'message'>,
): Promise<{ id: string; generation: number } | undefined> {
  const { id, platform, system, systemId, components, message } = row
  const [written] = await sql<{ id: string; generation: number }[]>`
    insert into kubefox_deployments (id, platform, system, ref_type, ref, system_id, components, message)
    values (${id}, ${platform}, ${system.name}, ${system.type}, ${system.ref}, ${systemId},
      ${sql.json(components.map(({ key, name, hash, image }) => ({ key, name, hash, image })))}, ${message})
    on conflict (platform, system, ref_type, ref) do update
      set system_id = excluded.system_id, components = excluded.components, message = excluded.message,
        generation = kubefox_deployments.generation + 1
      where excluded.ref_type = 'branch'
    returning id, generation::int`
  return written
}

/** Deletes the deployment of a key, and answers with its id. */
export async function deleteDeployment(sql: Database, platform: string, system: Key): Promise<string | undefined> {
  const [gone] = await sql<{ id: string }[]>`
    delete from kubefox_deployments
    where platform = ${platform} and system = ${system.name} and ref_type = ${system.type} and ref = ${system.ref}
    returning id`
  return gone?.id
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

/** All units that there is something of: wanted, or left in a cluster. */
export async function selectUnits(sql: Database, platform?: string): Promise<Unit[]> {
  const only = platform === undefined ? sql`` : sql`where platform = ${platform}`
  return sql<Unit[]>`
    select platform, system, null as environment from kubefox_deployments ${only}
    union select platform, system, environment from kubefox_releases ${only}
    union select platform, system, environment from kubefox_namespaces ${only}`
}

export interface NamespaceRow {
  clusterId: string
  name: string
}

/** Namespaces that were made for a unit and are not known to be gone. */
export function selectNamespaces(sql: Database, { platform, system, environment }: Unit): Promise<NamespaceRow[]> {
  return sql<NamespaceRow[]>`
    select cluster_id as "clusterId", name from kubefox_namespaces
    where platform = ${platform} and system = ${system} and environment is not distinct from ${environment}`
}

/** Takes a namespace of a cluster for a unit; when it is another's already, answers with whose. */
export async function takeNamespace(sql: Database, of: NamespaceRow, unit: Unit): Promise<Unit | undefined> {
  const { clusterId, name } = of
  const { platform, system, environment } = unit
  await sql`
    insert into kubefox_namespaces (cluster_id, name, platform, system, environment)
    values (${clusterId}, ${name}, ${platform}, ${system}, ${environment}) on conflict do nothing`
  const [other] = await sql<Unit[]>`
    select platform, system, environment from kubefox_namespaces
    where cluster_id = ${clusterId} and name = ${name}
      and (platform, system, environment) is distinct from (${platform}, ${system}, ${environment}::text)`
  return other
}

export async function forgetNamespace(sql: Database, { clusterId, name }: NamespaceRow): Promise<void> {
  await sql`delete from kubefox_namespaces where cluster_id = ${clusterId} and name = ${name}`
}
