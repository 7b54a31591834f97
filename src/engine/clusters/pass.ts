import type { Progress } from './progress.ts'
import type { Desired, OperationRow } from './rows.ts'

/** What one pass over a cluster works on. */
export interface Pass {
  desired: Desired
  /** All operations of the cluster that have not ended. */
  unfinished: OperationRow[]
  /** Those that this pass is for. */
  serving: OperationRow[]
  /** Of those that are served. */
  progress: Progress
}

/** Deletion comes before all else, and a cluster is made before anything else is done to it. */
export function servedNow({ cluster }: Desired, unfinished: OperationRow[]): OperationRow[] {
  if (cluster.deleting) return unfinished.filter(row => row.action === 'deleteCluster')
  const making = unfinished.filter(row => row.action === 'createCluster')
  return making.length > 0 ? making : unfinished
}

/** Whether somebody asked for it and does not know yet that it fails. */
export function isAsked(row: OperationRow): boolean {
  return row.action !== 'repairCluster' && row.error === null
}
