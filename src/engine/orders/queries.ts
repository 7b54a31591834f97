import type { Sql, TransactionSql } from 'postgres'
import type { KeptDeployment, OrderRow } from './rows.ts'

type Database = Sql | TransactionSql

/** Orders of a runtime, those of some ids or all. */
export async function selectOrders(
  sql: Database,
  { runtime, ids }: { runtime: string; ids?: string[] | undefined },
): Promise<OrderRow[]> {
  return sql<OrderRow[]>`
    select id, runtime, owner, secret_hash as "secretHash", units, port_policy as "portPolicy", details, labels, duration,
      expires_at as "expiresAt", aborted, deleting, deployment, generation::int, created_at as "createdAt",
      updated_at as "updatedAt",
      (select coalesce(jsonb_agg(cluster_id order by cluster_id), '[]') from order_places where order_id = orders.id) as places
    from orders
    where runtime = ${runtime} ${ids === undefined ? sql`` : sql`and id in ${sql(ids)}`}`
}

export type NewOrder = Pick<
  OrderRow,
  'id' | 'runtime' | 'owner' | 'secretHash' | 'units' | 'portPolicy' | 'details' | 'labels' | 'duration' | 'expiresAt'
> & { at: Date }

export async function insertOrder(sql: Database, order: NewOrder): Promise<void> {
  await sql`
    insert into orders (id, runtime, owner, secret_hash, units, port_policy, details, labels, duration, expires_at,
      created_at, updated_at)
    values (${order.id}, ${order.runtime}, ${order.owner}, ${order.secretHash}, ${order.units}, ${order.portPolicy},
      ${sql.json(order.details)}, ${sql.json(order.labels)}, ${order.duration}, ${order.expiresAt}, ${order.at}, ${order.at})`
}

/** Reads an order and locks it against other changes until the transaction ends. */
export async function lockOrder(sql: TransactionSql, runtime: string, id: string): Promise<OrderRow | undefined> {
  await sql`select 1 from orders where id = ${id} for update`
  const [row] = await selectOrders(sql, { runtime, ids: [id] })
  return row
}

/** Writes what a command may change of an order. */
export async function updateOrder(
  sql: Database,
  row: Pick<OrderRow, 'id' | 'labels' | 'duration' | 'expiresAt' | 'aborted' | 'deleting'>,
  at: Date,
): Promise<void> {
  await sql`
    update orders set labels = ${sql.json(row.labels)}, duration = ${row.duration}, expires_at = ${row.expiresAt},
      aborted = ${row.aborted}, deleting = ${row.deleting}, generation = generation + 1, updated_at = ${at}
    where id = ${row.id}`
}

/** Writes what shall run for an order, and that its cluster may hold something of it from now on. */
export async function updateDeployment(
  sql: TransactionSql,
  { id, deployment, at }: { id: string; deployment: KeptDeployment | null; at: Date },
): Promise<void> {
  if (deployment) await insertPlace(sql, id, deployment.clusterId)
  await sql`
    update orders set deployment = ${deployment && sql.json(jsonOf(deployment))}, generation = generation + 1,
      updated_at = ${at}
    where id = ${id}`
}

export async function insertPlace(sql: Database, orderId: string, clusterId: string): Promise<void> {
  await sql`insert into order_places (order_id, cluster_id) values (${orderId}, ${clusterId}) on conflict do nothing`
}

/** What there was of the order in the cluster was told to go, unless the order has changed since. */
export async function deletePlace(
  sql: Database,
  { id, generation }: Pick<OrderRow, 'id' | 'generation'>,
  clusterId: string,
): Promise<void> {
  await sql`
    delete from order_places where order_id = ${id} and cluster_id = ${clusterId}
      and exists (select from orders where id = ${id} and generation = ${generation})`
}

/** Replaces what is in clear by what is sealed, unless the order has changed since. */
export async function sealDeployment(
  sql: Database,
  { id, generation }: Pick<OrderRow, 'id' | 'generation'>,
  deployment: KeptDeployment,
): Promise<void> {
  await sql`
    update orders set deployment = ${sql.json(jsonOf(deployment))} where id = ${id} and generation = ${generation}`
}

/** Deletes an order that is to be deleted and of which nothing is left. */
export async function deleteOrder(sql: Database, id: string): Promise<void> {
  await sql`
    delete from orders where id = ${id} and deleting
      and not exists (select from order_places where order_id = orders.id)`
}

function jsonOf(deployment: KeptDeployment) {
  return { ...deployment, containers: deployment.containers.map(container => ({ ...container })) }
}
