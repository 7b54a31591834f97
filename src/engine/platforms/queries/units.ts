import type { Database } from '../../refs/queries.ts'
import type { Unit } from '../names.ts'

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
