import type { Clock } from '../../clock.ts'
import { RuntimeError } from '../../drivers/runtime.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Store } from '../../store/postgres.ts'
import type { Observed } from '../nodes/observed.ts'
import { insertOperation, updateOperation } from '../operations/queries.ts'
import type { OperationState } from '../operations/state.ts'
import { type Plan, planCluster } from './plan.ts'
import { type Progress, trackProgress } from './progress.ts'
import { deleteCluster, setNodesRemoving, updateCluster } from './queries.ts'
import type { Desired, OperationRow } from './rows.ts'
import type { ClusterState } from './state.ts'
import { stepsOf } from './steps/index.ts'
import { withTimeLimits } from './steps/limit.ts'
import type { Work } from './steps/work.ts'
import { runSteps, StepFailed } from './steps.ts'

export interface ReconcilerOptions {
  store: Store
  observed: Observed
  clusters: ClusterState
  operations: OperationState
  clock: Clock
  ids: () => string
  log: Log
  /** What the steps of a cluster work with. */
  workOn(id: string): Work
}

/** One pass over a cluster: makes it what it shall be, or tells why that failed. Rejects when it is to be tried again. */
export type Reconcile = (id: string, signal: AbortSignal) => Promise<void>

export function createReconciler(options: ReconcilerOptions): Reconcile {
  const { store, observed, clusters, operations, clock, ids, log, workOn } = options

  async function reconcile(id: string, signal: AbortSignal): Promise<void> {
    // First what was asked, then what is wanted: a command in between is served by the next pass, not ended by this one.
    const rows = await operations.unfinishedOf(id)
    const desired = await clusters.refresh(id)
    if (!desired) return
    const plan =
      observed.synced && !observed.down ? planCluster(desired, observed, { asked: rows.some(isAsked) }) : null
    const serving = plan?.kind === 'delete' ? rows.filter(row => row.action === 'deleteCluster') : rows
    const progress = trackProgress({ operations: serving, clock, save: row => operations.save(row) })
    if (!plan) {
      // The next snapshot brings this back.
      progress.waits(`waits for Docker: ${observed.down?.reason ?? 'not connected yet'}`)
      return
    }
    if (plan.kind === 'lost') return lose(desired, plan.reason, progress)
    if (plan.kind === 'none') return progress.succeed()
    if (serving.length === 0 && plan.kind === 'run') return repair(desired, signal)
    await carryOut({ desired, plan, serving, progress, signal })
  }

  async function carryOut(pass: {
    desired: Desired
    plan: Plan
    serving: OperationRow[]
    progress: Progress
    signal: AbortSignal
  }): Promise<void> {
    const { desired, plan, serving, progress, signal } = pass
    const work = workOn(desired.cluster.id)
    const steps = withTimeLimits(stepsOf(plan, work), work.settings.stepTimeoutMs, clock)
    progress.plan(steps)
    try {
      await runSteps(steps, progress, signal)
    } catch (error) {
      signal.throwIfAborted()
      return fail({ desired, serving, progress, error, signal })
    }
    if (plan.kind === 'delete') {
      await progress.stored()
      return bury(desired)
    }
    await progress.succeed()
  }

  async function fail({
    desired,
    serving,
    progress,
    error,
    signal,
  }: {
    desired: Desired
    serving: OperationRow[]
    progress: Progress
    error: unknown
    signal: AbortSignal
  }): Promise<void> {
    const { cluster } = desired
    const cause = error instanceof StepFailed ? error.cause : error
    if (cause instanceof RuntimeError && cause.code === 'RuntimeUnavailable') {
      progress.waits(`waits for Docker: ${cause.message}`)
      throw cause
    }
    const asked = serving.filter(isAsked)
    const deleting = serving.some(row => row.action === 'deleteCluster') || cluster.deleting
    if (asked.length === 0 || deleting) {
      progress.waits(`failed and is tried again: ${messageOf(cause)}`)
      throw cause
    }
    log.warn(
      { cluster: cluster.name, step: error instanceof StepFailed ? error.step.name : null, err: cause },
      'an operation failed',
    )
    if (cluster.readyAt === null && !cluster.retain) {
      await progress.condemn(error)
      await updateCluster(store.sql, cluster.id, { deleting: true })
      return reconcile(cluster.id, signal)
    }
    if (cluster.readyAt === null) await updateCluster(store.sql, cluster.id, { failure: messageOf(cause) })
    // Nodes that did not become members leave nothing behind.
    const { nodes = [] } = (await clusters.refresh(cluster.id)) ?? {}
    const strays = nodes.filter(node => node.role === 'worker' && node.bootstrappedAt === null)
    if (cluster.readyAt !== null)
      await setNodesRemoving(
        store.sql,
        strays.map(node => node.id),
      )
    await progress.fail(error)
    await clusters.refresh(cluster.id)
  }

  async function lose({ cluster }: Desired, reason: string, progress: Progress): Promise<void> {
    log.error({ cluster: cluster.name }, reason)
    await updateCluster(store.sql, cluster.id, { failure: reason })
    await clusters.refresh(cluster.id)
    await progress.fail(new Error(reason))
  }

  /** Nobody asked, and something has to be done: that, too, is shown as an operation. */
  async function repair({ cluster }: Desired, signal: AbortSignal): Promise<void> {
    const id = ids()
    await insertOperation(store.sql, {
      id,
      runtime: cluster.runtime,
      action: 'repairCluster',
      kind: 'cluster',
      name: cluster.name,
      clusterId: cluster.id,
      clusterName: cluster.name,
      owner: cluster.owner,
      generation: cluster.generation,
      message: 'making the cluster what it shall be',
      idempotencyKey: null,
      fingerprint: null,
    })
    await operations.refresh(id)
    return reconcile(cluster.id, signal)
  }

  /** The cluster is gone: so is its row, in one transaction with the end of all that was asked of it. */
  async function bury({ cluster }: Desired): Promise<void> {
    const rows = await operations.unfinishedOf(cluster.id)
    const now = new Date(clock.now())
    const ended = rows.map(row => endWithCluster(row, now))
    await store.transaction(async sql => {
      for (const row of ended) await updateOperation(sql, row)
      await deleteCluster(sql, cluster.id)
    })
    await clusters.refresh(cluster.id)
    for (const row of ended) await operations.refresh(row.id)
    log.info({ cluster: cluster.name }, 'the cluster is deleted')
  }

  return reconcile
}

function isAsked(row: OperationRow): boolean {
  return row.action !== 'repairCluster'
}

function endWithCluster(row: OperationRow, now: Date): OperationRow {
  const ended = { ...row, finishedAt: now, startedAt: row.startedAt ?? now }
  if (row.action === 'deleteCluster')
    return {
      ...ended,
      state: 'succeeded',
      message: 'done',
      steps: row.steps.map(step => ({ ...step, state: 'succeeded' as const })),
    }
  if (row.error !== null) return { ...ended, state: 'failed', message: row.error.message }
  return { ...ended, state: 'cancelled', message: 'the cluster was deleted' }
}
