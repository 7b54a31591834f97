import type { KubernetesNode } from '../../drivers/kubernetes/access.ts'
import type { LocalImage, ObservedNetwork, ObservedNode } from '../../drivers/runtime.ts'

/** What drivers have seen last: the actual state that views and plans are made from. */
export interface Observed {
  nodes: Map<string, ObservedNode>
  networks: Map<string, ObservedNetwork>
  images: LocalImage[]
  /** By cluster id: its Kubernetes nodes, as long as somebody watches them. */
  kubernetes: Map<string, ObservedKubernetes>
  /** Null while the runtime is being observed; since when and why it is not. */
  down: { since: Date; reason: string } | null
  /** False until the first snapshot. */
  synced: boolean
}

export interface ObservedKubernetes {
  nodes: Map<string, KubernetesNode>
  /** Why its nodes cannot be watched, null when they can. */
  down: string | null
  /** While they cannot: whether the API server answers all the same. */
  answers?: boolean
}

export function createObserved(): Observed {
  return { nodes: new Map(), networks: new Map(), images: [], kubernetes: new Map(), down: null, synced: false }
}

/** Containers of a cluster; those of one that is not ours go by its name. */
export function containersOf(observed: Observed, clusterId: string): ObservedNode[] {
  return [...observed.nodes.values()].filter(node => node.clusterId === clusterId)
}

/** Whether what a Kubernetes node said of itself is newer than its container's last start; times are to the second. */
export function isCurrent(container: ObservedNode, node: KubernetesNode): boolean {
  if (container.startedAt === null || node.reportedAt === null) return true
  return node.reportedAt >= Math.floor(container.startedAt / 1000) * 1000
}
