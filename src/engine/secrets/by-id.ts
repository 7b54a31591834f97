import type { Sql } from 'postgres'
import { inBatches } from './batches.ts'
import type { SealedSource } from './reseal.ts'

/** No id comes before it. */
export const firstId = '00000000-0000-0000-0000-000000000000'

/** The sealed texts of a table that has them in a column `sealed`, and UUIDs in `id`. */
export const sealedById = (sql: Sql, table: string, contextOf: (id: string) => string): SealedSource =>
  async function* (most) {
    const batches = inBatches<{ id: string; sealed: string }>(
      after => sql`
        select id, sealed from ${sql(table)} where id > ${after?.id ?? firstId} order by id limit ${most}`,
    )
    for await (const rows of batches)
      yield rows.map(({ id, sealed }) => ({
        context: contextOf(id),
        sealed,
        replace: (fresh: string) =>
          sql`update ${sql(table)} set sealed = ${fresh} where id = ${id} and sealed = ${sealed}`,
      }))
  }
