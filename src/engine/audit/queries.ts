import type { Sql } from 'postgres'

/** A row of `audit`; `seq` counts in the order in which they were written. */
export interface AuditRow {
  seq: number
  id: string
  at: Date
  actor: string | null
  credential: string | null
  action: string
  resource: string
  result: string
  surface: string
  source: string | null
  requestId: string | null
  detail: string | null
}

/** Writes entries, in order, and gives back their `seq`s. */
export async function insertAudit(sql: Sql, rows: Omit<AuditRow, 'seq'>[]): Promise<AuditRow[]> {
  const values = rows.map(({ requestId, ...row }) => ({ ...row, request_id: requestId }))
  const written = await sql<{ id: string; seq: number }[]>`insert into audit ${sql(values)} returning id, seq`
  const seqs = new Map(written.map(({ id, seq }) => [id, seq]))
  return rows.map(row => ({ ...row, seq: seqs.get(row.id) ?? 0 }))
}

/** What entries are asked for; what is undefined does not matter. */
export interface AuditFilter {
  actor?: string | undefined
  action?: string | undefined
  resource?: string | undefined
  result?: string | undefined
  surface?: string | undefined
  /** Not before. */
  since?: Date | undefined
  /** Before. */
  until?: Date | undefined
}

/** The newest first, of those up to a `seq`. */
export async function selectAudit(
  sql: Sql,
  { filter, upTo, limit }: { filter: AuditFilter; upTo: number; limit: number },
): Promise<AuditRow[]> {
  const { actor, action, resource, result, surface, since, until } = filter
  const equal = (column: string, value: string | undefined) =>
    value === undefined ? sql`` : sql`and ${sql(column)} = ${value}`
  return sql<AuditRow[]>`
    select seq, id, at, actor, credential, action, resource, result, surface, source, request_id as "requestId", detail
    from audit
    where seq <= ${upTo} ${equal('actor', actor)} ${equal('action', action)} ${equal('resource', resource)}
      ${equal('result', result)} ${equal('surface', surface)}
      ${since === undefined ? sql`` : sql`and at >= ${since}`} ${until === undefined ? sql`` : sql`and at < ${until}`}
    order by seq desc limit ${limit}`
}

/** Forgets entries that are older. */
export async function expireAudit(sql: Sql, before: Date): Promise<void> {
  await sql`select expire_audit(${before})`
}
