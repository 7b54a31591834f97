import { textAt } from '../../drivers/kubernetes/objects.ts'
import type { Store } from '../../store/postgres.ts'
import type { OrderAccess, OrderClusters } from './clusters.ts'
import { manifestsOf, orderLabel } from './manifests.ts'
import { deleteOrder, deletePlace, insertPlace } from './queries.ts'
import { type Refusals, refusalOf } from './refusals.ts'
import { isExpired, type KeptDeployment, namespaceOf, type OrderRow } from './rows.ts'
import type { DeploymentSeals } from './sealing.ts'
import type { OrderState } from './state.ts'
import { type UnitSettings, worthOf } from './units.ts'

export interface OrderReconcilerOptions {
  store: Store
  state: OrderState
  clusters: OrderClusters
  seals: DeploymentSeals
  refusals: Pick<Refusals, 'set'>
  /** Kubernetes does not take what an order wants; that is not tried again until something changes. */
  onRefused(orderId: string, message: string): void
  units: UnitSettings
  /** How long what runs for an order outlives it, in milliseconds. */
  graceMs: number
  bandwidth: string
  now(): number
}

/**
 * Makes clusters hold what orders want, and nothing else of them. What it does depends on the order's row alone, and can be
 * repeated: a place is written down before anything is made there, and forgotten after it was asked to go. A cluster that
 * is down is left for when it comes up; it is called again then. What Kubernetes refuses is not tried again until
 * something changes.
 */
export function createOrderReconciler(options: OrderReconcilerOptions) {
  const { store, state, clusters, seals, refusals, onRefused, units, bandwidth } = options

  async function apply(row: OrderRow, kept: KeptDeployment, access: OrderAccess, signal: AbortSignal): Promise<void> {
    const deployment = await seals.open(row.id, kept)
    const manifests = manifestsOf({ orderId: row.id, deployment, worth: worthOf(row.units, units), bandwidth })
    const refusal = await access.apply(manifests, signal).then(
      () => null,
      (error: unknown) => refusalOf(error, deployment) ?? Promise.reject(error),
    )
    refusals.set(row, refusal)
    state.project(row.id)
    if (refusal !== null) onRefused(row.id, refusal)
  }

  return async (orderId: string, signal: AbortSignal): Promise<void> => {
    const row = state.get(orderId)
    if (!row) return
    const wanted = wantedIn(row, options)
    const reachable = row.places.filter(clusters.isUp)
    const left = reachable.filter(clusterId => clusterId !== wanted)
    for (const clusterId of left) {
      const access = await clusters.access(clusterId)
      await access.remove({ apiVersion: 'v1', kind: 'Namespace', name: namespaceOf(orderId) }, signal)
      signal.throwIfAborted()
      await deletePlace(store.sql, row, clusterId)
    }
    if (wanted === undefined) refusals.set(row, null)
    if (row.deployment && wanted !== undefined && clusters.isUp(wanted)) {
      if (!row.places.includes(wanted)) await insertPlace(store.sql, orderId, wanted)
      const access = await clusters.access(wanted)
      await requireStaying(access, orderId, signal)
      await apply(row, row.deployment, access, signal)
    }
    if (row.deleting && left.length === row.places.length) await deleteOrder(store.sql, orderId)
    if (left.length > 0 || row.deleting) await state.refresh(orderId)
  }
}

/**
 * Rejects while the order's namespace is on its way out: what is put into it now would go with it, and nobody would tell.
 */
async function requireStaying(access: OrderAccess, orderId: string, signal: AbortSignal): Promise<void> {
  const of = { apiVersion: 'v1', kind: 'Namespace', labelSelector: `${orderLabel}=${orderId}` }
  const [namespace] = await access.list(of, signal)
  if (textAt(namespace, 'metadata', 'deletionTimestamp') === '') return
  throw new Error(`the namespace ${namespaceOf(orderId)} is still going`)
}

/** The cluster in which an order shall run now. */
function wantedIn(row: OrderRow, { graceMs, now }: OrderReconcilerOptions): string | undefined {
  return isOver(row, now(), graceMs) ? undefined : row.deployment?.clusterId
}

/** Whether nothing may run for an order any more. */
export function isOver(row: OrderRow, now: number, graceMs: number): boolean {
  return row.deleting || isExpired(row, now - graceMs)
}
