import type { Store } from '../../store/postgres.ts'
import { storeUnavailable, unavailable } from '../../store/unavailable.ts'
import { createBatches } from '../batches.ts'
import type { Table, Unversioned } from '../mirror/mirror.ts'
import { selectOrders } from './queries.ts'
import type { OrderRow } from './rows.ts'
import type { Order } from './schema.ts'
import { hashSecret } from './secrets.ts'

export interface OrderStateOptions {
  store: Store
  runtime: 'docker' | 'simulated'
  table: Table<Order>
  /** How an order is shown: its row beside what is seen. */
  view(row: OrderRow): Unversioned<Order>
}

/** Orders as the store has them, kept in memory so that no read waits for the database, and shown in the mirror. */
export interface OrderState {
  get(id: string): OrderRow | undefined
  all(): OrderRow[]
  /** The order whose secret this is, valid or not. */
  bySecret(secret: string): OrderRow | undefined
  /** Reads one order anew, or all; whoever reads the mirror after this sees it. Rejects with GatewayError Unavailable. */
  refresh(id: string | 'all'): Promise<void>
  /** What is seen of an order may have changed. */
  project(id: string): void
  settled(): Promise<void>
}

export function createOrderState({ store, runtime, table, view }: OrderStateOptions): OrderState {
  const rows = new Map<string, OrderRow>()
  const byHash = new Map<string, string>()
  // One read at a time: an older answer never replaces a newer one.
  const reads = createBatches<string>(async wanted => {
    const ids = wanted.includes('all') ? undefined : [...new Set(wanted)]
    const read = await selectOrders(store.sql, { runtime, ids }).catch(error => {
      throw storeUnavailable(error) ? unavailable(error) : error
    })
    for (const id of ids ?? [...rows.keys()]) if (!read.some(row => row.id === id)) forget(id)
    for (const row of read) {
      rows.set(row.id, row)
      byHash.set(keyOf(row.secretHash), row.id)
      project(row.id)
    }
  })

  function forget(id: string): void {
    const row = rows.get(id)
    if (row) byHash.delete(keyOf(row.secretHash))
    rows.delete(id)
    table.remove(id)
  }

  function project(id: string): void {
    const row = rows.get(id)
    if (row) table.apply(view(row))
  }

  return {
    get: id => rows.get(id),
    all: () => [...rows.values()],
    bySecret(secret) {
      // Looked up by a hash: how long that takes says nothing of the secret.
      const id = byHash.get(keyOf(hashSecret(secret)))
      return id === undefined ? undefined : rows.get(id)
    },
    refresh: reads.add,
    project,
    settled: reads.settled,
  }
}

function keyOf(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex')
}
