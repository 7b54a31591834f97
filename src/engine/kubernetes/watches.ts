import type { Clock } from '../../clock.ts'
import type { ClusterAccess, KubernetesNode } from '../../drivers/kubernetes/access.ts'
import type { ReflectorObserver } from '../../drivers/kubernetes/view.ts'
import type { ObservedNode, Runtime } from '../../drivers/runtime.ts'
import { messageOf } from '../../errors.ts'
import type { Observed } from '../nodes/observed.ts'
import type { Workloads } from './workloads.ts'

/** Where a cluster's API server is. */
export interface ClusterSource {
  /** Another id is another API server. */
  id: string
  open(): Promise<ClusterAccess>
}

export interface KubernetesWatchOptions {
  runtime: Runtime
  observed: Observed
  workloads: Workloads
  clock: Clock
  /** Called after each change of what is seen of a cluster's nodes. */
  onChange(clusterId: string): void
}

export interface KubernetesWatches {
  /** Watches a cluster by its control plane node; goes on as it is where that is being done. */
  watch(clusterId: string, controlPlane: ObservedNode): void
  /** The same by any other way to its API server. */
  watchAt(clusterId: string, source: ClusterSource): void
  /** The way to a cluster that is being watched. */
  source(clusterId: string): ClusterSource | undefined
  /** The API server does not run: what was seen stays, and says so. */
  pause(clusterId: string, reason: string): void
  /** The cluster is gone. */
  forget(clusterId: string): void
  close(): Promise<void>
}

const retryMs = 2000

/** For each cluster one watch on its nodes, pods, services and endpoints, as long as its API server runs. */
export function createKubernetesWatches(options: KubernetesWatchOptions): KubernetesWatches {
  const { runtime, observed, workloads, clock, onChange } = options
  const watches = new Map<string, { source: ClusterSource; controller: AbortController }>()
  const following = new Set<Promise<void>>()
  let closed = false

  function nodeObserver(clusterId: string, signal: AbortSignal): ReflectorObserver<KubernetesNode> {
    const nodes = () => observed.kubernetes.get(clusterId)?.nodes ?? new Map()
    const show = (down: string | null, seen = nodes(), answers = false) => {
      if (signal.aborted) return
      observed.kubernetes.set(clusterId, { nodes: seen, down, answers })
      onChange(clusterId)
    }
    return {
      synced: all => show(null, new Map(all.map(node => [node.name, node]))),
      changed: node => show(null, nodes().set(node.name, node)),
      gone(name) {
        nodes().delete(name)
        show(null)
      },
      down: (reason, answers) => show(reason, nodes(), answers),
    }
  }

  async function follow(clusterId: string, source: ClusterSource, signal: AbortSignal): Promise<void> {
    const nodes = nodeObserver(clusterId, signal)
    const { pods, services, endpoints } = workloads.observers(clusterId)
    while (!signal.aborted) {
      let access: ClusterAccess | undefined
      try {
        access = await source.open()
        await Promise.all([
          access.watchNodes(nodes, signal),
          access.watchPods(pods, signal),
          access.watchServices(services, signal),
          access.watchEndpointSlices(endpoints, signal),
        ])
      } catch (error) {
        if (signal.aborted) return
        nodes.down(messageOf(error))
        workloads.stale(clusterId, `the API server cannot be reached: ${messageOf(error)}`)
        await clock.sleep(retryMs, signal).catch(() => undefined)
      } finally {
        access?.close()
      }
    }
  }

  function end(clusterId: string): void {
    watches.get(clusterId)?.controller.abort()
    watches.delete(clusterId)
  }

  function watchAt(clusterId: string, source: ClusterSource): void {
    if (closed || watches.get(clusterId)?.source.id === source.id) return
    end(clusterId)
    const controller = new AbortController()
    watches.set(clusterId, { source, controller })
    const done = follow(clusterId, source, controller.signal).finally(() => following.delete(done))
    following.add(done)
  }

  return {
    watch: (clusterId, controlPlane) =>
      watchAt(clusterId, { id: controlPlane.id, open: () => runtime.bootstrap.access(controlPlane) }),
    watchAt,
    source: clusterId => watches.get(clusterId)?.source,
    pause(clusterId, reason) {
      end(clusterId)
      const seen = observed.kubernetes.get(clusterId)
      if (seen) Object.assign(seen, { down: reason, answers: false })
      workloads.stale(clusterId, reason)
    },
    forget(clusterId) {
      end(clusterId)
      observed.kubernetes.delete(clusterId)
      workloads.forget(clusterId)
    },
    async close() {
      closed = true
      for (const clusterId of [...watches.keys()]) end(clusterId)
      await Promise.all(following)
    },
  }
}
