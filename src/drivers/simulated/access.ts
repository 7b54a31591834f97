import type { Clock } from '../../clock.ts'
import type { ClusterAccess } from '../kubernetes/access.ts'
import { type JsonObject, objectAt } from '../kubernetes/objects.ts'
import { type Acts, pacedMs } from './acts.ts'
import type { Seat } from './seats.ts'
import type { KubernetesNodeState } from './state.ts'
import { createClusterObjects } from './workloads/acts.ts'
import type { Workloads } from './workloads/workloads.ts'
import type { ApiServer } from './world.ts'

/** How long a node takes to be drained. */
const drainSeconds = 2

export interface SimulatedAccessOptions {
  seat: Seat
  acts: Acts
  clock: Clock
  pace: number
  /** Both throw TransportError while the API server does not answer. */
  answering(): ApiServer
  workloads(): Workloads
  /** Puts a Node object in the place of the one of its name. */
  put(api: ApiServer, node: KubernetesNodeState): void
  /** What is written down has changed. */
  touched(): void
}

/** The way to the API server of a simulated cluster. */
export function createSimulatedAccess(options: SimulatedAccessOptions): ClusterAccess {
  const { seat, acts, clock, pace, answering, workloads, put, touched } = options
  const closing = new AbortController()
  const untilClosed = (signal: AbortSignal) => AbortSignal.any([signal, closing.signal])
  const objects = createClusterObjects({ acts, clock, answering: workloads })
  return {
    endpoint: null,
    watchNodes: (observer, signal) => seat.nodes.follow(observer, untilClosed(signal)),
    watchPods: (observer, signal) => seat.pods.follow(observer, untilClosed(signal)),
    watchServices: (observer, signal) => seat.services.follow(observer, untilClosed(signal)),
    watchEndpointSlices: (observer, signal) => seat.endpoints.follow(observer, untilClosed(signal)),
    ...objects,

    async patch(ref, patch, how, signal) {
      if (ref.kind !== 'Node') return objects.patch(ref, patch, how, signal)
      await acts.enterKubernetes('patch', ref.name, signal)
      const api = answering()
      const node = api.nodes.get(ref.name)
      if (node) put(api, { ...node, labels: mergedLabels(node.labels, objectAt(patch, 'metadata', 'labels')) })
    },

    async drain(name, timeoutMs, signal) {
      await acts.enterKubernetes('drain', name, signal)
      const api = answering()
      const node = api.nodes.get(name)
      if (!node) return
      if (node.schedulable) put(api, { ...node, schedulable: false })
      const ms = Math.min(pacedMs(drainSeconds, pace), timeoutMs)
      if (ms > 0) await clock.sleep(ms, signal)
      workloads().evict(name)
    },

    async deleteNode(name, signal) {
      await acts.enterKubernetes('deleteNode', name, signal)
      if (!answering().nodes.delete(name)) return
      touched()
      seat.nodes.gone(name)
      seat.workloads()?.nodesChanged()
    },

    async ping(_timeoutMs, signal) {
      signal.throwIfAborted()
      answering()
    },

    passage: null,
    close: () => closing.abort(),
  }
}

/** Of a patch of a Node only the labels count. */
function mergedLabels(labels: Record<string, string>, patch: JsonObject): Record<string, string> {
  const merged = new Map(Object.entries(labels))
  for (const [key, value] of Object.entries(patch))
    if (typeof value === 'string') merged.set(key, value)
    else merged.delete(key)
  return Object.fromEntries(merged)
}
