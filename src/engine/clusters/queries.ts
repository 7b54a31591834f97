import type { Sql, TransactionSql } from 'postgres'
import { locks } from '../../store/locks.ts'
import type { ClusterRow, Desired, NodeRow } from './rows.ts'

type Database = Sql | TransactionSql

/** Clusters of a runtime as they are wanted, those of some ids or all, each with the nodes it has at the same moment. */
export async function selectDesired(
  sql: Database,
  { runtime, ids }: { runtime: string; ids?: string[] | undefined },
): Promise<Desired[]> {
  const rows = await sql<(ClusterRow & { nodes: StoredNode[] })[]>`
    select id, runtime, name, owner, image, image_id as "imageId", image_digest as "imageDigest",
      kubernetes_version as "kubernetesVersion", domain, labels, region, running, deleting, retain, subnet::text,
      api_host as "apiHost", api_port as "apiPort", failure, addons_at as "addonsAt", ready_at as "readyAt",
      generation::int, created_at as "createdAt",
      coalesce((
        select jsonb_agg(jsonb_build_object('id', id, 'clusterId', cluster_id, 'name', name, 'role', role,
          'address', host(address), 'running', running, 'removing', removing, 'bootstrappedAt', bootstrapped_at, 'member', member,
          'createdAt', created_at) order by role, nodes.address)
        from nodes where cluster_id = clusters.id
      ), '[]') as nodes
    from clusters
    where runtime = ${runtime} ${ids === undefined ? sql`` : sql`and id in ${sql(ids)}`}`
  return rows.map(({ nodes, ...cluster }) => ({
    cluster,
    nodes: nodes.map(({ bootstrappedAt, createdAt, ...node }) => ({
      ...node,
      bootstrappedAt: bootstrappedAt === null ? null : new Date(bootstrappedAt),
      createdAt: new Date(createdAt),
    })),
  }))
}

/** A node as JSON has it. */
type StoredNode = Omit<NodeRow, 'bootstrappedAt' | 'createdAt'> & { bootstrappedAt: string | null; createdAt: string }

/** Locks a cluster against other commands until the transaction ends, and reads it. */
export async function lockDesired(sql: TransactionSql, runtime: string, id: string): Promise<Desired | undefined> {
  await sql`select 1 from clusters where id = ${id} for update`
  const [desired] = await selectDesired(sql, { runtime, ids: [id] })
  return desired
}

export async function insertCluster(sql: TransactionSql, row: ClusterRow): Promise<void> {
  await sql`
    insert into clusters (id, runtime, name, owner, image, image_id, image_digest, domain, labels, region, retain, subnet, api_host, api_port)
    values (${row.id}, ${row.runtime}, ${row.name}, ${row.owner}, ${row.image}, ${row.imageId}, ${row.imageDigest},
      ${row.domain}, ${sql.json(row.labels)}, ${row.region}, ${row.retain}, ${row.subnet}, ${row.apiHost}, ${row.apiPort})`
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
    | 'region'
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
  region: 'region',
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
  await sql`update nodes set bootstrapped_at = ${at}, member = member or ${at !== null} where id = ${id}`
}

export async function setAddress(sql: Database, id: string, address: string): Promise<void> {
  await sql`update nodes set address = ${address} where id = ${id}`
}

export async function deleteNodes(sql: Database, ids: string[]): Promise<void> {
  if (ids.length > 0) await sql`delete from nodes where id in ${sql(ids)}`
}

/** What clusters hold of what there is once only. */
export interface Allocated {
  runtime: string
  name: string
  subnet: string
  apiPort: number
}

/** What clusters hold; until the transaction ends nobody else can take more. */
export async function lockAllocated(sql: TransactionSql): Promise<Allocated[]> {
  const [space, key] = locks.allocation
  await sql`select pg_advisory_xact_lock(${space}, ${key})`
  return sql<Allocated[]>`select runtime, name, subnet::text, api_port as "apiPort" from clusters`
}
