import type { Store } from '../store/postgres.ts'
import { storeUnavailable, unavailable } from '../store/unavailable.ts'
import { createBatches } from './batches.ts'
import { selectDesired } from './clusters/queries.ts'
import type { Desired, OperationRow } from './clusters/rows.ts'
import { selectOperations } from './operations/queries.ts'

/** Rows that were read: those of some ids, where a missing one is gone, or all there are. */
export interface Read<T> {
  ids: ReadonlySet<string> | 'all'
  rows: T[]
}

export interface ReaderOptions {
  store: Store
  runtime: 'docker' | 'simulated'
  show(read: { clusters: Read<Desired>; operations: Read<OperationRow> }): void
}

/**
 * Brings what the store has before everybody's eyes. Each promise resolves when that shows all that was committed
 * before the call, and rejects with GatewayError `Unavailable` when the store cannot be reached.
 */
export interface Reader {
  cluster(id: string): Promise<void>
  /** With the cluster that it works on: who sees an operation ended sees what it did. */
  operation(id: string): Promise<void>
  everything(): Promise<void>
  settled(): Promise<void>
}

type Wanted = { kind: 'cluster' | 'operation'; id: string } | { kind: 'everything' }

/** One read at a time, so that none ever shows what is older than what another has shown. */
export function createReader({ store, runtime, show }: ReaderOptions): Reader {
  const batches = createBatches<Wanted>(async wanted => {
    try {
      show(await read(wanted))
    } catch (error) {
      throw storeUnavailable(error) ? unavailable(error) : error
    }
  })

  async function read(wanted: Wanted[]): Promise<{ clusters: Read<Desired>; operations: Read<OperationRow> }> {
    const all = wanted.some(each => each.kind === 'everything')
    // Operations first: clusters are then never older than what their operations say.
    const operations = await select(all || idsOf(wanted, 'operation'), ids =>
      selectOperations(store.sql, { runtime, ids }),
    )
    const worked = operations.rows.flatMap(row => row.clusterId ?? [])
    const clusters = await select(all || [...idsOf(wanted, 'cluster'), ...worked], ids =>
      selectDesired(store.sql, { runtime, ids }),
    )
    return { clusters, operations }
  }

  return {
    cluster: id => batches.add({ kind: 'cluster', id }),
    operation: id => batches.add({ kind: 'operation', id }),
    everything: () => batches.add({ kind: 'everything' }),
    settled: batches.settled,
  }
}

function idsOf(wanted: Wanted[], kind: 'cluster' | 'operation'): string[] {
  return wanted.flatMap(each => (each.kind === kind ? each.id : []))
}

async function select<T>(of: true | string[], query: (ids: string[] | undefined) => Promise<T[]>): Promise<Read<T>> {
  if (of === true) return { ids: 'all', rows: await query(undefined) }
  const ids = new Set(of)
  return { ids, rows: ids.size > 0 ? await query([...ids]) : [] }
}
