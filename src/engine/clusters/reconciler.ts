import type { Clock } from '../../clock.ts'
import { RuntimeError } from '../../drivers/runtime.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Store } from '../../store/postgres.ts'
import { storeUnavailable } from '../../store/unavailable.ts'
import type { Observed } from '../nodes/observed.ts'
import { insertOperation } from '../operations/queries.ts'
import type { OperationState } from '../operations/state.ts'
import { createFailureHandler } from './failure.ts'
import { isAsked, type Pass, servedNow } from './pass.ts'
import { type Plan, planCluster } from './plan.ts'
import { endOperation, trackProgress } from './progress.ts'
import { deleteCluster } from './queries.ts'
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

/** Makes a cluster what it shall be, or tells why that failed. Rejects when it is to be tried again. */
export type Reconcile = (id: string, signal: AbortSignal) => Promise<void>

export function createReconciler(options: ReconcilerOptions): Reconcile {
  const { store, observed, clusters, operations, clock, ids, log, workOn } = options
  const failures = createFailureHandler({ clusters, log })

  async function reconcile(id: string, signal: AbortSignal): Promise<void> {
    while ((await pass(id, signal)) === 'again') signal.throwIfAborted()
  }

  async function pass(id: string, signal: AbortSignal): Promise<'done' | 'again'> {
    // Operations first: the cluster as it is wanted then has what each of them asks for.
    const unfinished = await operations.unfinishedOf(id)
    const desired = await clusters.refresh(id)
    const serving = desired ? servedNow(desired, unfinished) : unfinished
    const progress = trackProgress({ operations: serving, clock, store: operations })
    try {
      if (desired) return await work({ desired, unfinished, serving, progress }, signal)
      await progress.cancel('the cluster is gone')
      return 'done'
    } finally {
      await progress.settled()
    }
  }

  async function work(pass: Pass, signal: AbortSignal): Promise<'done' | 'again'> {
    const { desired, unfinished, serving, progress } = pass
    if (!observed.synced || observed.down) {
      // The next snapshot brings this back.
      progress.waits(`waits for Docker: ${observed.down?.reason ?? 'not connected yet'}`)
      return 'done'
    }
    const plan = planCluster(desired, observed, { asked: serving.some(isAsked) })
    if (plan.kind === 'lost') return failures.lost(pass, plan.reason)
    if (plan.kind === 'none' && desired.cluster.failure !== null) {
      await progress.fail(new Error(desired.cluster.failure))
      return 'done'
    }
    if (plan.kind === 'run' && serving.length === 0) {
      await announceRepair(desired)
      return 'again'
    }
    try {
      await carryOut(plan, pass, signal)
    } catch (error) {
      signal.throwIfAborted()
      return failedAt(pass, error)
    }
    if (plan.kind === 'delete') return bury(pass)
    if (serving.length === 0) return 'done'
    await progress.end()
    return serving.length < unfinished.length ? 'again' : 'done'
  }

  async function carryOut(plan: Plan, { desired, progress }: Pass, signal: AbortSignal): Promise<void> {
    if (plan.kind === 'none') return
    const work = workOn(desired.cluster.id)
    const steps = withTimeLimits(stepsOf(plan, work), work.settings.stepTimeoutMs, clock)
    progress.plan(steps)
    await runSteps(steps, progress, signal)
  }

  /** A step has failed: that is nobody's fault when it could not reach what it needs, and what nobody asked for has time. */
  async function failedAt(pass: Pass, error: unknown): Promise<'done' | 'again'> {
    const { desired, serving, progress } = pass
    const cause = error instanceof StepFailed ? error.cause : error
    if (storeUnavailable(cause)) throw cause
    if (!clusters.get(desired.cluster.id)) return 'again'
    if (cause instanceof RuntimeError && cause.code === 'RuntimeUnavailable') {
      progress.waits(`waits for Docker: ${cause.message}`)
      throw cause
    }
    if (desired.cluster.deleting || !serving.some(isAsked)) {
      progress.waits(`failed and is tried again: ${messageOf(cause)}`)
      throw cause
    }
    return failures.failed(pass, error)
  }

  /** Nobody asked, and something has to be done: that, too, is shown as an operation. */
  async function announceRepair({ cluster }: Desired): Promise<void> {
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
  }

  /** The cluster is gone: so is its row, in one transaction with the end of all that was asked of it. */
  async function bury({ desired: { cluster }, progress }: Pass): Promise<'done'> {
    await progress.settled()
    const rows = await operations.unfinishedOf(cluster.id)
    for (const row of rows) endWithCluster(row, new Date(clock.now()))
    await operations.saveAll(rows, sql => deleteCluster(sql, cluster.id))
    await clusters.refresh(cluster.id)
    log.info({ cluster: cluster.name }, 'the cluster is deleted')
    return 'done'
  }

  return reconcile
}

function endWithCluster(row: OperationRow, at: Date): void {
  if (row.action === 'deleteCluster') endOperation(row, 'succeeded', at)
  else if (row.error === null) endOperation(row, 'cancelled', at, 'the cluster was deleted')
  else endOperation(row, 'failed', at)
}
