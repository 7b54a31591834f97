import type { Sql, TransactionSql } from 'postgres'
import type { ClusterRow, Desired, NodeRow } from './rows.ts'

type Database = Sql | TransactionSql

/** Every cluster of a runtime as it is wanted, or the one with an id. */
export async function selectDesired(
  sql: Database,
  { runtime, id }: { runtime: string; id?: string },
): Promise<Desired[]> {
  const clusters = await sql<ClusterRow[]>`
    select id, runtime, name, owner, image, image_id as "imageId", image_digest as "imageDigest",
      kubernetes_version as "kubernetesVersion", domain, labels, running, deleting, retain, subnet::text,
      api_host as "apiHost", api_port as "apiPort", failure, addons_at as "addonsAt", ready_at as "readyAt",
      generation::int, created_at as "createdAt"
    from clusters
    where runtime = ${runtime} ${id === undefined ? sql`` : sql`and id = ${id}`}`
  if (clusters.length === 0) return []
  const nodes = await sql<NodeRow[]>`
    select id, cluster_id as "clusterId", name, role, host(address) as address, running, removing,
      bootstrapped_at as "bootstrappedAt", created_at as "createdAt"
    from nodes
    where cluster_id in ${sql(clusters.map(cluster => cluster.id))}
    order by role, nodes.address`
  return (
    clusters
      .map(cluster => ({ cluster, nodes: nodes.filter(node => node.clusterId === cluster.id) }))
      // Deleted between the two questions.
      .filter(desired => desired.nodes.some(node => node.role === 'control-plane'))
  )
}

/** Locks a cluster against other commands until the transaction ends, and reads it. */
export async function lockDesired(sql: TransactionSql, runtime: string, id: string): Promise<Desired | undefined> {
  await sql`select 1 from clusters where id = ${id} for update`
  const [desired] = await selectDesired(sql, { runtime, id })
  return desired
}

export async function insertCluster(sql: TransactionSql, row: ClusterRow): Promise<void> {
  await sql`
    insert into clusters (id, runtime, name, owner, image, image_id, image_digest, domain, labels, retain, subnet, api_host, api_port)
    values (${row.id}, ${row.runtime}, ${row.name}, ${row.owner}, ${row.image}, ${row.imageId}, ${row.imageDigest},
      ${row.domain}, ${sql.json(row.labels)}, ${row.retain}, ${row.subnet}, ${row.apiHost}, ${row.apiPort})`
}

export async function insertNodes(
  sql: TransactionSql,
  rows: Pick<NodeRow, 'id' | 'clusterId' | 'name' | 'role' | 'address'>[],
): Promise<void> {
  for (const { id, clusterId, name, role, address } of rows)
    await sql`
      insert into nodes (id, cluster_id, name, role, address) values (${id}, ${clusterId}, ${name}, ${role}, ${address})`
}

/** What a command or a step decides about a cluster; a key that is left out stays. */
export type ClusterChanges = Partial<
  Pick<
    ClusterRow,
    | 'labels'
    | 'running'
    | 'deleting'
    | 'failure'
    | 'imageId'
    | 'imageDigest'
    | 'kubernetesVersion'
    | 'subnet'
    | 'apiPort'
    | 'addonsAt'
    | 'readyAt'
    | 'generation'
  >
>

const columns = {
  labels: 'labels',
  running: 'running',
  deleting: 'deleting',
  failure: 'failure',
  imageId: 'image_id',
  imageDigest: 'image_digest',
  kubernetesVersion: 'kubernetes_version',
  subnet: 'subnet',
  apiPort: 'api_port',
  addonsAt: 'addons_at',
  readyAt: 'ready_at',
  generation: 'generation',
} as const satisfies Record<keyof ClusterChanges, string>

export async function updateCluster(sql: Database, id: string, changes: ClusterChanges): Promise<void> {
  const { labels, ...plain } = changes
  const row = Object.fromEntries(
    Object.entries(plain).flatMap(([key, value]) => {
      const column = Object.entries(columns).find(([name]) => name === key)?.[1]
      return column && value !== undefined ? [[column, value]] : []
    }),
  )
  if (labels !== undefined) await sql`update clusters set labels = ${sql.json(labels)} where id = ${id}`
  if (Object.keys(row).length > 0) await sql`update clusters set ${sql(row)} where id = ${id}`
}

export async function deleteCluster(sql: Database, id: string): Promise<void> {
  await sql`delete from clusters where id = ${id}`
}

export async function setNodesRunning(sql: Database, ids: string[], running: boolean): Promise<void> {
  if (ids.length > 0) await sql`update nodes set running = ${running} where id in ${sql(ids)}`
}

export async function setNodesRemoving(sql: Database, ids: string[]): Promise<void> {
  if (ids.length > 0) await sql`update nodes set removing = true where id in ${sql(ids)}`
}

/** Records that a node is a member of its cluster, or, with null, that it has to become one anew. */
export async function setBootstrapped(sql: Database, id: string, at: Date | null): Promise<void> {
  await sql`update nodes set bootstrapped_at = ${at} where id = ${id}`
}

export async function setAddress(sql: Database, id: string, address: string): Promise<void> {
  await sql`update nodes set address = ${address} where id = ${id}`
}

export async function deleteNodes(sql: Database, ids: string[]): Promise<void> {
  if (ids.length > 0) await sql`delete from nodes where id in ${sql(ids)}`
}

/** Subnets and ports that clusters hold, so that a new one takes others. */
export async function selectAllocated(sql: Database): Promise<{ subnet: string; apiPort: number }[]> {
  return sql<{ subnet: string; apiPort: number }[]>`select subnet::text, api_port as "apiPort" from clusters`
}
