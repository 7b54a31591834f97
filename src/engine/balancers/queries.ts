import type { Sql, TransactionSql } from 'postgres'

type Database = Sql | TransactionSql

/** A row of `address_pools`. */
export interface PoolRow {
  id: string
  name: string
  addresses: string[]
  createdAt: Date
}

/** A row of `balancers`; without namespace and name the cluster's API server. */
export interface BalancerRow {
  clusterId: string
  namespace: string
  name: string
  address: string
  poolId: string
}

export async function selectPools(sql: Database): Promise<(PoolRow & { used: number })[]> {
  return sql<(PoolRow & { used: number })[]>`
    select id, name, addresses, created_at as "createdAt",
      (select count(*)::int from balancers where pool_id = address_pools.id) as used
    from address_pools order by created_at, name`
}

export async function selectBalancers(sql: Database, clusterId?: string): Promise<BalancerRow[]> {
  return sql<BalancerRow[]>`
    select cluster_id as "clusterId", namespace, name, host(address) as address, pool_id as "poolId" from balancers
    ${clusterId === undefined ? sql`` : sql`where cluster_id = ${clusterId}`} order by namespace, name`
}

export async function deleteBalancer(sql: Database, { clusterId, namespace, name }: BalancerRow): Promise<void> {
  await sql`delete from balancers where cluster_id = ${clusterId} and namespace = ${namespace} and name = ${name}`
}

/** Pools and their addresses stay as they are until the transaction ends. */
export async function lockAddresses(sql: TransactionSql): Promise<void> {
  await sql`lock table address_pools, balancers in share row exclusive mode`
}

/** False where the cluster is gone. */
export async function insertBalancer(sql: TransactionSql, row: BalancerRow): Promise<boolean> {
  const inserted = await sql`
    insert into balancers (cluster_id, namespace, name, address, pool_id)
    select id, ${row.namespace}, ${row.name}, ${row.address}, ${row.poolId} from clusters where id = ${row.clusterId}`
  return inserted.count > 0
}
