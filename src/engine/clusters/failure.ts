import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { isAsked, type Pass } from './pass.ts'
import { setNodesRemoving, updateCluster } from './queries.ts'
import type { NodeRow, OperationRow } from './rows.ts'
import type { ClusterState } from './state.ts'
import { StepFailed } from './steps.ts'

export interface FailureHandler {
  /** A step of what was asked for has failed for good. What it began is removed before that is the end of it. */
  failed(pass: Pass, error: unknown): Promise<'again'>
  /** The cluster's data is gone. */
  lost(pass: Pass, reason: string): Promise<'again'>
}

/**
 * What failure leaves: of a cluster that was never ready nothing, unless it is to be retained; of one that was ready
 * everything but the nodes that were to come. Each is written together with the operations that it ends.
 */
export function createFailureHandler({ clusters, log }: { clusters: ClusterState; log: Log }): FailureHandler {
  async function failed(pass: Pass, error: unknown): Promise<'again'> {
    const { progress, serving, desired } = pass
    const { id, name, readyAt, retain } = desired.cluster
    const step = error instanceof StepFailed ? error.step.name : null
    log.warn({ cluster: name, step, err: error instanceof StepFailed ? error.cause : error }, 'an operation failed')
    if (readyAt === null) {
      if (retain) await progress.fail(error, sql => updateCluster(sql, id, { failure: messageOf(error) }))
      else await progress.condemn(error, sql => updateCluster(sql, id, { deleting: true }))
      return 'again'
    }
    const now = await clusters.refresh(id)
    const added = newcomers(now?.nodes ?? [], serving.filter(isAsked))
    if (added.length === 0) await progress.fail(error)
    else
      await progress.condemn(error, sql =>
        setNodesRemoving(
          sql,
          added.map(node => node.id),
        ),
      )
    return 'again'
  }

  return {
    failed,
    async lost(pass, reason) {
      const { cluster } = pass.desired
      const error = new Error(reason)
      if (cluster.readyAt === null && pass.serving.some(isAsked)) return failed(pass, error)
      log.error({ cluster: cluster.name }, reason)
      await pass.progress.fail(error, sql => updateCluster(sql, cluster.id, { failure: reason }))
      return 'again'
    },
  }
}

/** Workers that operations asked for: a command writes its nodes and its operation in one transaction, which has one time. */
function newcomers(nodes: NodeRow[], asked: OperationRow[]): NodeRow[] {
  const times = new Set(asked.map(row => row.createdAt.getTime()))
  return nodes.filter(node => node.role === 'worker' && times.has(node.createdAt.getTime()))
}
