import type { Runtime } from '../../drivers/runtime.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { MirrorObject, Table } from '../mirror/mirror.ts'
import type { KubernetesWatches } from '../nodes/kubernetes-watch.ts'
import type { Observed } from '../nodes/observed.ts'
import type { ObserverOptions } from '../nodes/observer.ts'
import type { WorkQueue } from '../queue.ts'
import type { Signal } from '../signal.ts'
import { isLost } from './plan.ts'
import { controlPlaneOf } from './rows.ts'
import { type ClusterState, foreignId } from './state.ts'

export interface SupervisorOptions {
  observed: Observed
  clusters: ClusterState
  watches: KubernetesWatches
  tables: { clusters: Stale; nodes: Stale; networks: Stale }
  queue: WorkQueue
  seen: Signal
  gatewayId: string
  runtime: Runtime
  log: Log
}

type Stale = Pick<Table<MirrorObject>, 'markStale' | 'markFresh'>

export interface Supervisor {
  observer: Pick<ObserverOptions, 'onCluster' | 'onSnapshot' | 'onDown'>
  kubernetesChanged(clusterId: string): void
  /** Called after each snapshot. */
  onSnapshot(listener: () => Promise<void>): void
}

/** Carries what drivers see to those it concerns: the mirror, the watches on Kubernetes, the reconciler. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { observed, clusters, watches, tables, queue, seen, gatewayId, runtime, log } = options
  const listeners: (() => Promise<void>)[] = []

  /** Kubernetes is asked for its nodes while the control plane runs and has been initialised. */
  function watchOurs(id: string): void {
    const desired = clusters.get(id)
    if (!desired) {
      watches.forget(id)
      return
    }
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
      if (clusters.byName(control.cluster)) continue
      const id = foreignId(control.cluster)
      if (control.state === 'running' && control.apiServer) watches.watch(id, control)
      else watches.pause(id, 'the control plane does not run')
    }
    for (const id of observed.kubernetes.keys())
      if (!clusters.get(id) && !controls.some(control => foreignId(control.cluster) === id)) watches.forget(id)
  }

  function look(clusterId: string | null): void {
    const desired = clusterId === null ? undefined : clusters.get(clusterId)
    if (clusterId !== null && desired) {
      watchOurs(clusterId)
      clusters.project(clusterId)
      // What is being done to a cluster that is lost waits for an API server that is gone.
      if (isLost(desired, observed)) queue.restart(clusterId)
      else queue.add(clusterId)
    } else {
      watchForeign()
      clusters.projectForeign()
      sweep()
    }
    seen.fire()
  }

  /**
   * A daemon may finish making a container after the gateway that asked for it was killed and its cluster deleted.
   * What carries this gateway's label and belongs to no cluster goes.
   */
  function sweep(): void {
    const stray = (each: { gateway: string | null; clusterId: string | null }) =>
      each.gateway === gatewayId && each.clusterId !== null && !clusters.get(each.clusterId)
    const failed = (name: string) => (error: unknown) =>
      log.warn({ name, reason: messageOf(error) }, 'could not remove a stray')
    for (const node of [...observed.nodes.values()].filter(stray)) {
      log.info({ node: node.name }, 'removing a node of a cluster that is gone')
      runtime.nodes.remove(node.name).catch(failed(node.name))
    }
    for (const network of [...observed.networks.values()].filter(stray))
      if (![...observed.nodes.values()].some(node => node.network === network.name))
        runtime.networks.remove(network.name).catch(failed(network.name))
  }

  return {
    onSnapshot: listener => listeners.push(listener),
    kubernetesChanged(id) {
      if (clusters.get(id)) clusters.project(id)
      else clusters.projectForeign()
      seen.fire()
    },
    observer: {
      onCluster: look,
      onSnapshot() {
        for (const table of [tables.clusters, tables.nodes, tables.networks]) table.markFresh()
        for (const { cluster } of clusters.all()) {
          watchOurs(cluster.id)
          queue.add(cluster.id)
        }
        watchForeign()
        clusters.projectAll()
        sweep()
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
