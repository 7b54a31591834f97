import { createHash } from 'node:crypto'
import type { ObservedNode } from '../../drivers/runtime.ts'
import type { Unversioned } from '../mirror/objects.ts'
import { networkName } from '../networks/name.ts'
import type { Network } from '../networks/schema.ts'
import type { Observed } from '../nodes/observed.ts'
import type { Node } from '../nodes/schema.ts'
import { viewForeignNode, viewNodes } from '../nodes/view.ts'
import type { Desired } from './rows.ts'
import type { Cluster, ClusterState } from './schema.ts'

/** A cluster with all that is shown of it. */
export interface ClusterView {
  cluster: Unversioned<Cluster>
  nodes: Unversioned<Node>[]
  networks: Unversioned<Network>[]
}

/** One of our clusters: its rows beside what the drivers see. */
export function viewCluster(desired: Desired, observed: Observed): ClusterView {
  const { cluster: row } = desired
  const nodes = viewNodes(desired, observed)
  const network = observed.networks.get(networkName(row.name))
  const simulated = row.runtime === 'simulated'
  return {
    nodes,
    networks: [
      {
        id: row.id,
        name: networkName(row.name),
        kind: 'cluster',
        cluster: row.name,
        addresses: [],
        size: null,
        used: null,
        owner: row.owner,
        subnet: network?.subnet ?? row.subnet,
        gateway: network?.hostAddress ?? null,
        state: network ? 'ready' : 'created',
        simulated,
        metadata: { createdAt: row.createdAt.toISOString(), generation: row.generation },
      },
    ],
    cluster: {
      id: row.id,
      name: row.name,
      owner: row.owner,
      managedBy: 'kindgate',
      labels: row.labels,
      region: row.region || null,
      image: row.image,
      imageDigest: row.imageDigest,
      kubernetesVersion: row.kubernetesVersion,
      domain: row.domain,
      nodes: desired.nodes.filter(node => !node.removing).length,
      readyNodes: nodes.filter(node => node.state === 'ready').length,
      running: row.running,
      ...stateOf(desired, nodes),
      network: { name: networkName(row.name), subnet: network?.subnet ?? row.subnet },
      apiServer: `https://${row.apiHost}:${row.apiPort}`,
      simulated,
      metadata: { createdAt: row.createdAt.toISOString(), generation: row.generation },
    },
  }
}

function stateOf(
  { cluster, nodes: rows }: Desired,
  nodes: Unversioned<Node>[],
): { state: ClusterState; message: string } {
  if (cluster.deleting) return { state: 'deleting', message: '' }
  if (cluster.failure !== null) return { state: 'failed', message: cluster.failure }
  if (cluster.readyAt === null) return { state: 'creating', message: '' }
  if (!cluster.running) {
    const up = nodes.filter(node => node.state === 'running' || node.state === 'ready')
    return up.length > 0
      ? { state: 'stopping', message: `still running: ${names(up)}` }
      : { state: 'stopped', message: '' }
  }
  // Nodes that are on their way in for the first time, or out, are not missed.
  const members = rows.filter(row => row.member && !row.removing).map(row => row.name)
  return readiness(nodes.filter(node => members.includes(node.name)))
}

function readiness(nodes: Unversioned<Node>[]): { state: ClusterState; message: string } {
  const missed = nodes.filter(node => node.state !== 'ready' && node.role !== 'external-load-balancer')
  if (missed.length === 0) return { state: 'ready', message: '' }
  return { state: 'degraded', message: missed.map(node => `${node.name} ${node.message}`).join('; ') }
}

function names(nodes: { name: string }[]): string {
  return nodes.map(node => node.name).join(', ')
}

/** A cluster that is not in our store: made by the `kind` CLI, or by a gateway with another database. */
export function viewForeignCluster(
  name: string,
  containers: ObservedNode[],
  observed: Observed,
  simulated: boolean,
): ClusterView {
  const id = foreignId(name)
  const kubernetes = observed.kubernetes.get(id)
  const nodes = containers.map(container => viewForeignNode(container, { id, name, simulated }, kubernetes))
  const control = containers.find(container => container.role === 'control-plane')
  const running = containers.some(container => container.state === 'running')
  return {
    nodes,
    networks: [],
    cluster: {
      id,
      name,
      owner: null,
      managedBy: containers.some(container => container.clusterId !== null) ? 'other' : 'kind',
      labels: {},
      region: null,
      image: control?.image ?? containers[0]?.image ?? '',
      imageDigest: null,
      kubernetesVersion: (control && kubernetes?.nodes.get(control.name)?.kubeletVersion) ?? null,
      domain: '',
      nodes: nodes.filter(node => node.role !== 'external-load-balancer').length,
      readyNodes: nodes.filter(node => node.state === 'ready').length,
      running,
      ...(running ? readiness(nodes) : { state: 'stopped' as const, message: '' }),
      network: control?.network ? { name: control.network, subnet: null } : null,
      apiServer: control?.apiServer ? `https://${control.apiServer.host}:${control.apiServer.port}` : null,
      simulated,
      metadata: { createdAt: null, generation: 0 },
    },
  }
}

/** A cluster that is not ours has no id: a UUID made of its name stands for it, the same every time (RFC 9562, version 8). */
export function foreignId(name: string): string {
  const hex = createHash('sha256').update(`kind/${name}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
