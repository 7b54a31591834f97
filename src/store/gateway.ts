import type { Store } from './postgres.ts'

/** The id of the gateway whose database this is; made once, by the first migration. */
export async function readGatewayId(store: Store): Promise<string> {
  const [row] = await store.sql<{ id: string }[]>`select id from gateway`
  if (!row) throw new Error('the table gateway has lost its row')
  return row.id
}
