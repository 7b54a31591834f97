import type { Sql, TransactionSql } from 'postgres'
import type { Reach } from '../../drivers/kubernetes/reach.ts'

type Database = Sql | TransactionSql

/** A row of `imported_clusters`. */
export interface ImportRow {
  id: string
  runtime: 'docker' | 'simulated'
  name: string
  owner: string
  labels: Record<string, string>
  /** The API server's address. */
  server: string
  /** The kubeconfig that is kept, encrypted under the context `kubeconfig/<id>`. */
  sealed: string
  reach: Reach
  createdAt: Date
}

export async function selectImports(sql: Database, runtime: string): Promise<ImportRow[]> {
  return sql<ImportRow[]>`
    select id, runtime, name, owner, labels, server, sealed, reach, created_at as "createdAt"
    from imported_clusters where runtime = ${runtime}`
}

export async function isImportedName(sql: Database, runtime: string, name: string): Promise<boolean> {
  const rows = await sql`select 1 from imported_clusters where runtime = ${runtime} and name = ${name}`
  return rows.length > 0
}

export async function insertImport(sql: TransactionSql, row: Omit<ImportRow, 'createdAt'>): Promise<void> {
  await sql`
    insert into imported_clusters (id, runtime, name, owner, labels, server, sealed, reach)
    values (${row.id}, ${row.runtime}, ${row.name}, ${row.owner}, ${sql.json(row.labels)}, ${row.server},
      ${row.sealed}, ${row.reach})`
}

/** False when there is none. */
export async function deleteImport(sql: TransactionSql, id: string): Promise<boolean> {
  const gone = await sql`delete from imported_clusters where id = ${id} returning 1`
  return gone.length > 0
}
