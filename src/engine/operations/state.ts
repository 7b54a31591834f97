import type { Store } from '../../store/postgres.ts'
import type { OperationRow } from '../clusters/rows.ts'
import type { Table } from '../mirror/mirror.ts'
import { deleteFinishedBefore, selectOperations, updateOperation } from './queries.ts'
import type { Operation } from './schema.ts'
import { viewOperation } from './view.ts'

/** Operations as the store has them, shown in the mirror. */
export interface OperationState {
  load(): Promise<void>
  /** Reads one anew. */
  refresh(id: string): Promise<void>
  /** Stores how far an operation is, and shows it. */
  save(row: OperationRow): Promise<void>
  /** Those of a cluster that have not ended, oldest first. */
  unfinishedOf(clusterId: string): Promise<OperationRow[]>
  /** Forgets those that ended before a time. */
  expire(before: Date): Promise<void>
}

export function createOperationState(options: {
  store: Store
  runtime: 'docker' | 'simulated'
  table: Table<Operation>
}): OperationState {
  const { store, runtime, table } = options
  return {
    async load() {
      const rows = await selectOperations(store.sql, { runtime })
      table.replace(rows.map(viewOperation))
    },
    async refresh(id) {
      const [row] = await selectOperations(store.sql, { runtime, id })
      if (row) table.apply(viewOperation(row))
      else table.remove(id)
    },
    async save(row) {
      await updateOperation(store.sql, row)
      table.apply(viewOperation(row))
    },
    unfinishedOf: clusterId => selectOperations(store.sql, { runtime, unfinishedOf: clusterId }),
    async expire(before) {
      for (const id of await deleteFinishedBefore(store.sql, before)) table.remove(id)
    },
  }
}
