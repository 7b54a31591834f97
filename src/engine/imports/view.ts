import type { KubernetesNode } from '../../drivers/kubernetes/access.ts'
import type { Cluster, ClusterState } from '../clusters/schema.ts'
import type { Unversioned } from '../mirror/objects.ts'
import type { ObservedKubernetes } from '../nodes/observed.ts'
import type { Node } from '../nodes/schema.ts'
import { viewKubernetesNode } from '../nodes/view.ts'
import { mirrorId, mirrorNodeName } from './identity.ts'
import type { ImportRow } from './queries.ts'

/** An imported cluster as it is shown: all that is known of it comes from its API server. */
export function viewImport(
  row: ImportRow,
  kubernetes: ObservedKubernetes | undefined,
): { cluster: Unversioned<Cluster>; nodes: Unversioned<Node>[] } {
  const of = { id: row.id, name: row.name, managedBy: 'imported' as const }
  const seen = [...(kubernetes?.nodes.values() ?? [])]
  const nodes = seen.map(node => viewNode(row, mirrorId(of, `nodes/${node.name}`), node, kubernetes?.down ?? null))
  const metadata = { createdAt: row.createdAt.toISOString(), generation: 1 }
  return {
    nodes,
    cluster: {
      ...of,
      owner: row.owner,
      labels: row.labels,
      image: '',
      imageDigest: null,
      kubernetesVersion: (seen.find(isControlPlane) ?? seen[0])?.kubeletVersion ?? null,
      domain: '',
      region: null,
      nodes: nodes.length,
      readyNodes: nodes.filter(node => node.state === 'ready').length,
      running: true,
      ...stateOf(kubernetes, nodes),
      network: null,
      apiServer: row.server,
      simulated: false,
      metadata,
    },
  }
}

function viewNode(row: ImportRow, id: string, node: KubernetesNode, down: string | null): Unversioned<Node> {
  const ready = node.ready && down === null
  return {
    id,
    containerId: null,
    name: mirrorNodeName({ id: row.id, name: row.name, managedBy: 'imported' }, node.name),
    cluster: row.name,
    clusterId: row.id,
    owner: row.owner,
    role: isControlPlane(node) ? 'control-plane' : 'worker',
    image: '',
    running: true,
    address: null,
    simulated: false,
    metadata: { createdAt: null, generation: 0 },
    state: ready ? 'ready' : 'running',
    message: ready ? '' : (down ?? (node.message || 'is not ready')),
    ...viewKubernetesNode(node),
  }
}

function stateOf(
  kubernetes: ObservedKubernetes | undefined,
  nodes: Unversioned<Node>[],
): { state: ClusterState; message: string } {
  if (!kubernetes) return { state: 'degraded', message: 'its API server has not answered yet' }
  if (kubernetes.down !== null) return { state: 'degraded', message: kubernetes.down }
  const missed = nodes.filter(node => node.state !== 'ready')
  if (missed.length === 0) return { state: 'ready', message: '' }
  return { state: 'degraded', message: missed.map(node => `${node.name} ${node.message}`).join('; ') }
}

/** As kubeadm labels them; `master` until Kubernetes 1.24. */
function isControlPlane({ labels }: KubernetesNode): boolean {
  return ['control-plane', 'master'].some(role => `node-role.kubernetes.io/${role}` in labels)
}
