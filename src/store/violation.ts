import postgres from 'postgres'

/** A constraint that the database did not let a statement break. */
export interface Violation {
  kind: 'unique' | 'foreignKey'
  constraint: string
  table: string
}

/** The constraint that a statement would have broken; undefined for every other error. */
export function violationOf(error: unknown): Violation | undefined {
  if (!(error instanceof postgres.PostgresError)) return undefined
  const kind = kinds[error.code]
  return kind && { kind, constraint: error.constraint_name ?? '', table: error.table_name ?? '' }
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const kinds: Record<string, Violation['kind']> = { 23503: 'foreignKey', 23505: 'unique' }
