/**
 * The way to one cluster's API server. What the engine asks of Kubernetes; `simulated/` answers the same.
 */
export interface ClusterAccess {
  /**
   * Lists and watches the cluster's Node objects until `signal` aborts (see reflector.ts for the promises).
   * Resolves once aborted; never rejects.
   */
  watchNodes(observer: NodeObserver, signal: AbortSignal): Promise<void>
  /** Cordons the node and evicts its pods, DaemonSets' and mirror pods left out; gives up after `timeoutMs`. */
  drain(node: string, timeoutMs: number, signal: AbortSignal): Promise<void>
  /** Deletes the Node object, where it is there. */
  deleteNode(node: string, signal: AbortSignal): Promise<void>
  /** Lets go of connections. */
  close(): void
}

export interface NodeObserver {
  /** All nodes; what is not among them is gone. */
  synced(nodes: KubernetesNode[]): void
  changed(node: KubernetesNode): void
  gone(name: string): void
  /** The API server does not answer; what was reported is stale. */
  down(reason: string): void
}

/** A Kubernetes Node, as much of it as the gateway shows. */
export interface KubernetesNode {
  name: string
  ready: boolean
  /**
   * When the kubelet last said so, milliseconds since the epoch, to the second; null where that is not known. What a
   * node said before it was stopped stands for forty seconds.
   */
  reportedAt: number | null
  /** Why the node is not ready: the Ready condition's message. */
  message: string
  schedulable: boolean
  kubeletVersion: string
  kernel: string
  os: string
  labels: Record<string, string>
}
