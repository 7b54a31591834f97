import type { ObservedNetwork, ObservedNode, Runtime } from '../../drivers/runtime.ts'
import type { Log } from '../../log.ts'
import type { Imported } from '../imports/state.ts'
import type { KubernetesWatches } from '../kubernetes/watches.ts'
import type { MirrorObject, Table } from '../mirror/mirror.ts'
import { containersOf, type Observed } from '../nodes/observed.ts'
import type { ObserverOptions } from '../nodes/observer.ts'
import type { WorkQueue } from '../queue.ts'
import type { Signal } from '../signal.ts'
import { isLost } from './plan.ts'
import { controlPlaneOf, type Desired } from './rows.ts'
import type { ClusterState } from './state.ts'
import { all } from './steps/nodes.ts'
import { foreignId } from './view.ts'

export interface SupervisorOptions {
  observed: Observed
  clusters: ClusterState
  imported: Imported
  watches: KubernetesWatches
  tables: { clusters: Stale; nodes: Stale; networks: Stale }
  queue: WorkQueue
  seen: Signal
  gatewayId: string
  runtime: Runtime
  log: Log
}

type Stale = Pick<Table<MirrorObject>, 'markStale' | 'markFresh'>

/** The key of the work queue that stands for all strays. */
export const straysKey = 'strays'

export interface Supervisor {
  observer: Pick<ObserverOptions, 'onCluster' | 'onSnapshot' | 'onDown'>
  kubernetesChanged(clusterId: string): void
  /** Clusters of ours have come or gone. */
  membersChanged(): void
  /** Called after each snapshot. */
  onSnapshot(listener: () => Promise<void>): void
  /** Removes what carries this gateway's label and belongs to nothing. Rejects when some of it could not be removed. */
  sweep(): Promise<void>
}

/** Carries what drivers see to those it concerns: the mirror, the watches on Kubernetes, the reconciler. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { observed, clusters, imported, watches, tables, queue, seen, gatewayId, runtime, log } = options
  const listeners: (() => Promise<void>)[] = []

  /** Kubernetes is asked for its nodes while the control plane runs and has been initialised. */
  function watchOurs(desired: Desired): void {
    const { id } = desired.cluster
    const row = controlPlaneOf(desired)
    const container = observed.nodes.get(row.name)
    if (container?.state !== 'running') watches.pause(id, 'the control plane does not run')
    else if (row.bootstrappedAt !== null) watches.watch(id, container)
  }

  function watchForeign(): void {
    const controls = [...observed.nodes.values()].filter(
      node => node.role === 'control-plane' && (node.clusterId === null || !clusters.get(node.clusterId)),
    )
    for (const control of controls) {
      if (clusters.byName(control.cluster) || imported.named(control.cluster)) continue
      const id = foreignId(control.cluster)
      if (control.state === 'running' && control.apiServer) watches.watch(id, control)
      else watches.pause(id, 'the control plane does not run')
    }
    for (const id of observed.kubernetes.keys())
      if (!clusters.get(id) && !imported.has(id) && !controls.some(control => foreignId(control.cluster) === id))
        watches.forget(id)
  }

  function look(clusterId: string | null, gone?: string): void {
    const desired = clusterId === null ? undefined : clusters.get(clusterId)
    if (desired) {
      watchOurs(desired)
      clusters.project(desired.cluster.id)
      // What is under way may wait for what somebody has removed.
      if ((gone !== undefined && isMember(desired, gone)) || isLost(desired, observed))
        queue.restart(desired.cluster.id)
      else queue.add(desired.cluster.id)
      if (containersOf(observed, desired.cluster.id).some(isStrayNode)) queue.add(straysKey)
    } else {
      watchForeign()
      clusters.projectForeign()
      sweepLater()
    }
    seen.fire()
  }

  /**
   * A daemon may finish making a container after the gateway that asked for it was killed and its cluster or its node
   * deleted.
   */
  function isStrayNode({ gateway, clusterId, name }: ObservedNode): boolean {
    if (gateway !== gatewayId || clusterId === null) return false
    return !clusters.get(clusterId)?.nodes.some(node => node.name === name)
  }

  function isStrayNetwork({ gateway, clusterId }: ObservedNetwork): boolean {
    return gateway === gatewayId && clusterId !== null && !clusters.get(clusterId)
  }

  function strays(): { nodes: ObservedNode[]; networks: ObservedNetwork[] } {
    const nodes = [...observed.nodes.values()]
    return {
      nodes: nodes.filter(isStrayNode),
      // A network goes when nothing is in it any more.
      networks: [...observed.networks.values()].filter(
        network => isStrayNetwork(network) && !nodes.some(node => node.network === network.name),
      ),
    }
  }

  function sweepLater(): void {
    const { nodes, networks } = strays()
    if (nodes.length + networks.length > 0) queue.add(straysKey)
  }

  return {
    onSnapshot: listener => listeners.push(listener),
    kubernetesChanged(id) {
      if (clusters.get(id)) clusters.project(id)
      else clusters.projectForeign()
      seen.fire()
    },
    membersChanged() {
      watchForeign()
      sweepLater()
    },
    async sweep() {
      if (observed.down) return
      const { nodes, networks } = strays()
      for (const { name } of [...nodes, ...networks]) log.info({ name }, 'removing what belongs to no cluster')
      await all([
        ...nodes.map(({ name }) => runtime.nodes.remove(name)),
        ...networks.map(({ name }) => runtime.networks.remove(name)),
      ])
    },
    observer: {
      onCluster: look,
      onSnapshot() {
        for (const table of [tables.clusters, tables.nodes, tables.networks]) table.markFresh()
        for (const desired of clusters.all()) {
          watchOurs(desired)
          queue.add(desired.cluster.id)
        }
        watchForeign()
        clusters.projectAll()
        sweepLater()
        seen.fire()
        for (const listener of listeners) void listener()
      },
      onDown(reason) {
        const since = observed.down?.since.getTime() ?? 0
        for (const table of [tables.clusters, tables.nodes, tables.networks]) table.markStale(reason, since)
        log.warn({ reason }, 'Docker does not answer')
        seen.fire()
      },
    },
  }
}

/** Whether a node shall be there and has been. */
function isMember({ cluster, nodes }: Desired, name: string): boolean {
  return !cluster.deleting && nodes.some(node => node.name === name && !node.removing && node.bootstrappedAt !== null)
}
