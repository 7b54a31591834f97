import type { TransactionSql } from 'postgres'
import type { Key } from '../../refs/names.ts'
import type { Database } from '../../refs/queries.ts'
import type { ComponentRef } from '../components.ts'

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
