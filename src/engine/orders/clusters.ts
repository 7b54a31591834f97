import type { JsonObject } from '../../drivers/kubernetes/objects.ts'

/** What orders ask of a cluster's API server. */
export interface OrderAccess {
  /** Creates the objects or makes them what is given. */
  apply(objects: JsonObject[], signal: AbortSignal): Promise<void>
  /** Deletes an object, where it is there. */
  remove(
    ref: { apiVersion: string; kind: string; namespace?: string; name: string },
    signal: AbortSignal,
  ): Promise<void>
  list(of: { apiVersion: string; kind: string; labelSelector?: string }, signal: AbortSignal): Promise<JsonObject[]>
  patch(
    ref: { apiVersion: string; kind: string; name: string },
    patch: JsonObject,
    options: { subresource?: 'status' },
    signal: AbortSignal,
  ): Promise<void>
  log(of: LogQuery, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
}

export interface LogQuery {
  namespace: string
  pod: string
  container: string
  tailLines?: number
  follow?: boolean
}

/** A pod as the mirror has it. */
export interface SeenPod {
  name: string
  namespace: string
  clusterId: string
  /** Null until it is scheduled. */
  node: string | null
  phase: string
  /** It is being deleted. */
  leaving: boolean
  hostPorts: number[]
  createdAt: string
}

/** A Kubernetes node that is ready and on which the scheduler may put a pod, and what of it matters to orders. */
export interface SeenNode {
  name: string
  clusterId: string
  region: string
  /** The scheduler may put a pod on it now. */
  takesPods: boolean
}

/** The pods and services of all clusters, as last seen. */
export interface OrderWorkloads {
  pods(): SeenPod[]
  /** Ports that services have on all nodes of a cluster. */
  nodePorts(clusterId: string): number[]
  /** The pod's Kubernetes object. */
  rawPod(clusterId: string, namespace: string, name: string): JsonObject | undefined
  /** Tells of each change of an order's pod; `gone`: it was removed. Returns what ends it. */
  subscribe(listener: (orderId: string, gone: boolean) => void): () => void
}

/** What orders see and do in clusters. Reads answer from what was seen last. */
export interface OrderClusters extends Omit<OrderWorkloads, 'subscribe'> {
  /** Rejects with GatewayError Unavailable when the cluster does not answer. */
  access(clusterId: string): Promise<OrderAccess>
  /** Whether the cluster is there and shall answer. */
  isUp(clusterId: string): boolean
  nameOf(clusterId: string): string
  /** The running nodes of all clusters that have a region. */
  nodes(): SeenNode[]
}
