import type { Sql, TransactionSql } from 'postgres'
import type { OperationRow } from '../clusters/rows.ts'

type Database = Sql | TransactionSql

/** Operations of a runtime: those of some ids, those of a cluster that have not ended, or all. */
export async function selectOperations(
  sql: Database,
  { runtime, ids, unfinishedOf }: { runtime: string; ids?: string[] | undefined; unfinishedOf?: string },
): Promise<OperationRow[]> {
  return sql<OperationRow[]>`
    select id, runtime, action, kind, name, cluster_id as "clusterId", cluster_name as "clusterName", owner,
      generation::int, state, steps, message, error, idempotency_key as "idempotencyKey", fingerprint,
      created_at as "createdAt", started_at as "startedAt", finished_at as "finishedAt"
    from operations
    where runtime = ${runtime} ${ids === undefined ? sql`` : sql`and id in ${sql(ids)}`}
      ${unfinishedOf === undefined ? sql`` : sql`and cluster_id = ${unfinishedOf} and state in ('pending', 'running')`}
    order by created_at, id`
}

export async function selectByIdempotencyKey(
  sql: Database,
  owner: string,
  key: string,
): Promise<{ id: string; fingerprint: string | null } | undefined> {
  const [found] = await sql<{ id: string; fingerprint: string | null }[]>`
    select id, fingerprint from operations where owner = ${owner} and idempotency_key = ${key}`
  return found
}

export type NewOperation = Pick<
  OperationRow,
  | 'id'
  | 'runtime'
  | 'action'
  | 'kind'
  | 'name'
  | 'clusterId'
  | 'clusterName'
  | 'owner'
  | 'generation'
  | 'message'
  | 'idempotencyKey'
  | 'fingerprint'
>

export async function insertOperation(sql: Database, row: NewOperation): Promise<void> {
  await sql`
    insert into operations (id, runtime, action, kind, name, cluster_id, cluster_name, owner, generation, message, idempotency_key, fingerprint)
    values (${row.id}, ${row.runtime}, ${row.action}, ${row.kind}, ${row.name}, ${row.clusterId}, ${row.clusterName},
      ${row.owner}, ${row.generation}, ${row.message}, ${row.idempotencyKey}, ${row.fingerprint})`
}

/** Writes that an operation has succeeded at once. */
export async function endOperation(sql: Database, id: string): Promise<void> {
  await sql`update operations set state = 'succeeded', started_at = now(), finished_at = now() where id = ${id}`
}

/** Writes how far an operation is; one that has ended stays as it ended. */
export async function updateOperation(
  sql: Database,
  { id, state, steps, message, error, startedAt, finishedAt }: OperationRow,
): Promise<void> {
  await sql`
    update operations set state = ${state}, steps = ${sql.json(steps)}, message = ${message},
      error = ${error === null ? null : sql.json(error)}, started_at = ${startedAt}, finished_at = ${finishedAt}
    where id = ${id} and state in ('pending', 'running')`
}

/** Forgets operations that ended before a time. */
export async function deleteFinishedBefore(sql: Database, before: Date): Promise<string[]> {
  const gone = await sql<{ id: string }[]>`delete from operations where finished_at < ${before} returning id`
  return gone.map(({ id }) => id)
}
