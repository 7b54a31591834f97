import type { Clock } from '../../clock.ts'
import type { ClusterAccess } from '../../drivers/kubernetes/access.ts'
import type { ObservedNode, Runtime } from '../../drivers/runtime.ts'
import { messageOf } from '../../errors.ts'
import type { Observed } from './observed.ts'

export interface KubernetesWatchOptions {
  runtime: Runtime
  observed: Observed
  clock: Clock
  /** Called after each change of what is seen of a cluster. */
  onChange(clusterId: string): void
}

export interface KubernetesWatches {
  /** Watches a cluster's Kubernetes nodes by its control plane; goes on as it is where that is being done. */
  watch(clusterId: string, controlPlane: ObservedNode): void
  /** The control plane does not run: what was seen stays, and says so. */
  pause(clusterId: string, reason: string): void
  /** The cluster is gone. */
  forget(clusterId: string): void
  close(): Promise<void>
}

const retryMs = 2000

/** For each cluster one watch on its Node objects, as long as its control plane runs. */
export function createKubernetesWatches({
  runtime,
  observed,
  clock,
  onChange,
}: KubernetesWatchOptions): KubernetesWatches {
  const watches = new Map<string, { containerId: string; controller: AbortController }>()
  const following = new Set<Promise<void>>()
  let closed = false

  async function follow(clusterId: string, controlPlane: ObservedNode, signal: AbortSignal): Promise<void> {
    const nodes = () => observed.kubernetes.get(clusterId)?.nodes ?? new Map()
    const show = (down: string | null, seen = nodes()) => {
      if (signal.aborted) return
      observed.kubernetes.set(clusterId, { nodes: seen, down })
      onChange(clusterId)
    }
    while (!signal.aborted) {
      let access: ClusterAccess | undefined
      try {
        access = await runtime.bootstrap.access(controlPlane)
        await access.watchNodes(
          {
            synced: all => show(null, new Map(all.map(node => [node.name, node]))),
            changed: node => show(null, nodes().set(node.name, node)),
            gone: name => {
              nodes().delete(name)
              show(null)
            },
            down: reason => show(`the API server does not answer: ${reason}`),
          },
          signal,
        )
      } catch (error) {
        show(`the API server cannot be reached: ${messageOf(error)}`)
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

  return {
    watch(clusterId, controlPlane) {
      if (closed || watches.get(clusterId)?.containerId === controlPlane.id) return
      end(clusterId)
      const controller = new AbortController()
      watches.set(clusterId, { containerId: controlPlane.id, controller })
      const done = follow(clusterId, controlPlane, controller.signal).finally(() => following.delete(done))
      following.add(done)
    },
    pause(clusterId, reason) {
      end(clusterId)
      const seen = observed.kubernetes.get(clusterId)
      if (seen) seen.down = reason
    },
    forget(clusterId) {
      end(clusterId)
      observed.kubernetes.delete(clusterId)
    },
    async close() {
      closed = true
      for (const clusterId of [...watches.keys()]) end(clusterId)
      await Promise.all(following)
    },
  }
}
