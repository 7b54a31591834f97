import type { KubernetesNode } from '../../drivers/kubernetes/access.ts'
import type { ObservedNode } from '../../drivers/runtime.ts'
import type { ClusterRow, Desired, NodeRow } from '../clusters/rows.ts'
import type { Unversioned } from '../mirror/objects.ts'
import { isCurrent, type Observed, type ObservedKubernetes } from './observed.ts'
import type { Node, NodeState } from './schema.ts'

/** The nodes of one of our clusters: what is wanted beside what is there. */
export function viewNodes({ cluster, nodes }: Desired, observed: Observed): Unversioned<Node>[] {
  const kubernetes = observed.kubernetes.get(cluster.id)
  return nodes.map(node => viewNode(cluster, node, observed.nodes.get(node.name), kubernetes))
}

function viewNode(
  cluster: ClusterRow,
  node: NodeRow,
  container: ObservedNode | undefined,
  kubernetes: ObservedKubernetes | undefined,
): Unversioned<Node> {
  return {
    id: node.id,
    containerId: container?.id ?? null,
    name: node.name,
    cluster: cluster.name,
    clusterId: cluster.id,
    owner: cluster.owner,
    role: node.role,
    image: cluster.image,
    running: cluster.running && node.running && !node.removing,
    address: node.address,
    simulated: cluster.runtime === 'simulated',
    metadata: { createdAt: node.createdAt.toISOString(), generation: cluster.generation },
    ...seenOf(node.name, container, kubernetes),
    ...(node.removing ? { message: 'is being removed' } : {}),
  }
}

/** A node of a cluster that something else made. */
export function viewForeignNode(
  container: ObservedNode,
  cluster: { id: string; name: string; simulated: boolean },
  kubernetes: ObservedKubernetes | undefined,
): Unversioned<Node> {
  return {
    id: container.id,
    containerId: container.id,
    name: container.name,
    cluster: cluster.name,
    clusterId: cluster.id,
    owner: null,
    role: container.role,
    image: container.image,
    running: container.state === 'running',
    address: container.address,
    simulated: cluster.simulated,
    metadata: { createdAt: null, generation: 0 },
    ...seenOf(container.name, container, kubernetes),
  }
}

function seenOf(name: string, container: ObservedNode | undefined, kubernetes: ObservedKubernetes | undefined) {
  return { ...stateOf(container, kubernetes), ...viewKubernetesNode(kubernetes?.nodes.get(name)) }
}

/** What a node says of itself. */
export function viewKubernetesNode(seen: KubernetesNode | undefined) {
  return {
    kubernetesVersion: seen?.kubeletVersion ?? null,
    os: seen?.os ?? null,
    kernel: seen?.kernel ?? null,
    containerRuntime: seen?.containerRuntime ?? null,
    schedulable: seen?.schedulable ?? false,
    conditions: seen?.conditions ?? [],
    capacity: seen?.capacity ?? {},
    allocatable: seen?.allocatable ?? {},
    labels: seen?.labels ?? {},
  }
}

/** A node's state by what drivers see of it, and why it is not ready. */
export function stateOf(
  container: ObservedNode | undefined,
  kubernetes: ObservedKubernetes | undefined,
): { state: NodeState; message: string } {
  if (!container) return { state: 'created', message: 'has no container' }
  if (container.state === 'created') return { state: 'created', message: 'was never started' }
  if (container.state === 'exited') return { state: 'exited', message: exitMessage(container.exitCode) }
  if (container.role === 'external-load-balancer') return { state: 'running', message: '' }
  const seen = kubernetes?.nodes.get(container.name)
  if (!kubernetes || !seen) return { state: 'running', message: 'is not known to Kubernetes yet' }
  if (kubernetes.down !== null) return { state: 'running', message: kubernetes.down }
  if (!isCurrent(container, seen)) return { state: 'running', message: 'has not reported since it was started' }
  return seen.ready ? { state: 'ready', message: '' } : { state: 'running', message: seen.message || 'is not ready' }
}

function exitMessage(exitCode: number | null): string {
  return exitCode === null ? 'is stopped' : `is stopped (exit code ${exitCode})`
}
