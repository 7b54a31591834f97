import type { TransactionSql } from 'postgres'
import type { Store } from '../../store/postgres.ts'
import type { OperationRow } from '../clusters/rows.ts'
import type { Table } from '../mirror/mirror.ts'
import type { Read, Reader } from '../reader.ts'
import { deleteFinishedBefore, selectOperations, updateOperation } from './queries.ts'
import type { Operation } from './schema.ts'
import { viewOperation } from './view.ts'

/** Operations as the store has them, shown in the mirror. */
export interface OperationState {
  /** Takes in what was read. */
  show(read: Read<OperationRow>): void
  /** Reads one anew. */
  refresh(id: string): Promise<void>
  /** Stores how far an operation is, and shows it. One that has ended stays as it ended. */
  save(row: OperationRow): Promise<void>
  /** The same for several, together with what else is to be written, all of it or nothing. */
  saveAll(rows: OperationRow[], alongside?: (sql: TransactionSql) => Promise<void>): Promise<void>
  /** Those of a cluster that have not ended, oldest first. */
  unfinishedOf(clusterId: string): Promise<OperationRow[]>
  /** Forgets those that ended before a time. */
  expire(before: Date): Promise<void>
}

export function createOperationState(options: {
  store: Store
  runtime: 'docker' | 'simulated'
  reader: Pick<Reader, 'operation'>
  table: Table<Operation>
}): OperationState {
  const { store, runtime, reader, table } = options

  async function refreshAll(ids: string[]): Promise<void> {
    await Promise.all(ids.map(id => reader.operation(id)))
  }

  return {
    show({ ids, rows }) {
      if (ids === 'all') return table.replace(rows.map(viewOperation))
      for (const row of rows) table.apply(viewOperation(row))
      for (const id of ids) if (!rows.some(row => row.id === id)) table.remove(id)
    },
    refresh: id => reader.operation(id),
    async save(row) {
      await updateOperation(store.sql, row)
      await reader.operation(row.id)
    },
    async saveAll(rows, alongside) {
      if (rows.length === 0 && alongside === undefined) return
      await store.transaction(async sql => {
        // First, so that who follows the changes hears of an end after what it brought about.
        await alongside?.(sql)
        for (const row of rows) await updateOperation(sql, row)
      })
      await refreshAll(rows.map(row => row.id))
    },
    unfinishedOf: clusterId => selectOperations(store.sql, { runtime, unfinishedOf: clusterId }),
    async expire(before) {
      await refreshAll(await deleteFinishedBefore(store.sql, before))
    },
  }
}
