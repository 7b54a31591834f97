import type { BalancerDriver, Protocol, VirtualServer } from '../../drivers/balancer.ts'
import type { Cluster } from '../clusters/schema.ts'
import type { Unversioned } from '../mirror/objects.ts'
import type { Node } from '../nodes/schema.ts'
import type { Service } from '../services/schema.ts'
import type { Balancer } from './schema.ts'

/** A load balancer as it is wanted. */
export interface Target {
  /** Empty, as the name, for the API server. */
  namespace: string
  name: string
  /** Told apart from an earlier service of the same name. */
  uid: string
  /** The address that is asked for. */
  wish: string | null
  labels: Record<string, string>
  /** What the service shows as its addresses; null for the API server, which shows none. */
  shown: readonly string[] | null
  ports: { port: number; protocol: Protocol; nodePort: number }[]
  /** The nodes that get connections. */
  nodes: Readonly<Node>[]
  /** What to say when there are none. */
  noNode: string
}

export const apiServerPort = 6443

/** Whether the gateway balances a service's load: what names a class of its own is somebody else's. */
export function isBalanced(service: Pick<Service, 'type' | 'loadBalancerClass' | 'deletedAt'>): boolean {
  return service.type === 'LoadBalancer' && service.loadBalancerClass === null && service.deletedAt === null
}

/** All load balancers of a cluster: its API server's first. */
export function targetsOf(
  cluster: Readonly<Cluster>,
  nodes: readonly Readonly<Node>[],
  services: readonly Readonly<Service>[],
): Target[] {
  const reached = nodes.filter(node => node.address !== null)
  const controls = reached.filter(node => node.role === 'control-plane' && ['running', 'ready'].includes(node.state))
  const ready = reached.filter(node => node.state === 'ready' && node.role !== 'external-load-balancer')
  return [
    {
      namespace: '',
      name: '',
      uid: cluster.id,
      wish: null,
      labels: {},
      shown: null,
      ports: [{ port: apiServerPort, protocol: 'tcp', nodePort: apiServerPort }],
      nodes: controls,
      noNode: 'no node is ready',
    },
    ...services.filter(isBalanced).map(service => ({
      ...nodesOf(service, ready),
      namespace: service.namespace,
      name: service.name,
      uid: service.id,
      wish: service.loadBalancerIP,
      labels: service.labels,
      shown: service.externalAddresses,
      ports: service.ports.flatMap(({ port, protocol, nodePort }) => {
        const known = protocol === 'TCP' ? 'tcp' : protocol === 'UDP' ? 'udp' : undefined
        return nodePort === null || known === undefined ? [] : [{ port, protocol: known, nodePort } as const]
      }),
    })),
  ]
}

/** With `externalTrafficPolicy: Local` a node hands on only to its own pods, and refuses what it has none for. */
function nodesOf(
  { externalTrafficPolicy, readyNodes }: Readonly<Service>,
  ready: readonly Readonly<Node>[],
): Pick<Target, 'nodes' | 'noNode'> {
  if (externalTrafficPolicy !== 'Local') return { nodes: [...ready], noNode: 'no node is ready' }
  return {
    nodes: ready.filter(node => readyNodes.includes(node.name)),
    noNode: 'no ready node has a ready pod of it, as externalTrafficPolicy: Local asks for',
  }
}

/** A virtual server for each port, to that port's node port on each node. */
export function virtualServersOf(target: Target, address: string): VirtualServer[] {
  return target.ports.map(({ port, protocol, nodePort }) => ({
    address,
    port,
    protocol,
    realServers: target.nodes.flatMap(node =>
      node.address === null ? [] : [{ address: node.address, port: nodePort }],
    ),
  }))
}

export interface Outcome {
  address: string | null
  driver: BalancerDriver['name'] | null
  /** What went wrong with a port, or with all; by port and protocol. */
  failure(port: number, protocol: Protocol): string | undefined
  /** Why there is no address. */
  lack: string
  /** What does not keep it from working. */
  notice: string
  connections(port: number, protocol: Protocol, node: string): number
}

/** One element for each real server; one without for a port that has none. */
export function viewBalancers(cluster: Readonly<Cluster>, target: Target, outcome: Outcome): Unversioned<Balancer>[] {
  return target.ports.flatMap(({ port, protocol, nodePort }) => {
    const failure = outcome.failure(port, protocol)
    const label = target.name === '' ? 'kube-apiserver' : `${target.namespace}/${target.name}`
    const element = (node: Readonly<Node> | undefined): Unversioned<Balancer> => ({
      id: `${target.uid}:${port}/${protocol}@${node?.id ?? ''}`,
      name: `${cluster.name}/${label}:${port}/${protocol}@${node?.name ?? ''}`,
      cluster: cluster.name,
      clusterId: cluster.id,
      owner: cluster.owner,
      namespace: target.namespace,
      service: target.name,
      vip: outcome.address,
      vipPort: port,
      protocol,
      scheduler: 'rr',
      forward: 'm',
      rip: node?.address ?? null,
      ripPort: nodePort,
      weight: node && outcome.address !== null && failure === undefined ? 1 : 0,
      activeConnections: node?.address ? outcome.connections(port, protocol, node.address) : 0,
      node: node?.name ?? '',
      nodeId: node?.containerId ?? null,
      driver: outcome.driver,
      state: failure !== undefined ? 'failed' : outcome.address === null || !node ? 'pending' : 'ready',
      message: failure ?? (outcome.address === null ? outcome.lack : node ? outcome.notice : target.noNode),
      labels: target.labels,
      simulated: cluster.simulated,
      metadata: { createdAt: null, generation: 1 },
    })
    return outcome.address === null || target.nodes.length === 0 ? [element(undefined)] : target.nodes.map(element)
  })
}
