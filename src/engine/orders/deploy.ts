import { GatewayError } from '../../errors.ts'
import { isImageName } from '../images/check.ts'
import type { OrderClusters, SeenNode } from './clusters.ts'
import type { Ports } from './ports.ts'
import type { DeployedContainer, Deployment, OrderRow } from './rows.ts'
import { formatMemory, memoryBytes, type UnitSettings, worthOf } from './units.ts'

/** What the buyer of an order asks for. */
export interface DeployRequest {
  /** Undefined: the gateway chooses, the region it runs in now first. */
  region: string | undefined
  containers: DeployedContainer[]
}

export interface PlaceOptions {
  clusters: OrderClusters
  ports: Ports
  units: UnitSettings
  /** From 0 up to, not including, 1. */
  random: () => number
}

/**
 * Decides where a request runs and which ports it gets.
 * @throws {GatewayError} Forbidden for more than the order is worth; InvalidRequest for an unknown region; Conflict for
 * ports that are taken; Unavailable when a node cannot be asked for its ports.
 */
export async function placeDeployment(
  row: OrderRow,
  request: DeployRequest,
  options: PlaceOptions,
): Promise<Deployment> {
  requireImages(request.containers)
  requireWorth(row, request.containers, options.units)
  requireUnique(request.containers)
  requirePolicy(row, request.containers)
  const { clusters, ports, random } = options
  const nodes = nodesFor(row, request.region, clusters)
  const taken = await ports.taken(nodes, row.id)
  const wanted = request.containers.flatMap(each => each.ports.flatMap(({ hostPort }) => hostPort ?? []))
  const free = nodes.filter(node => wanted.every(port => !taken.get(node)?.has(port)))
  const [first] = free
  if (!first) throw occupied(wanted, [...taken.values()])
  // All nodes of one cluster in which the request can run.
  const chosen = free.filter(node => node.clusterId === first.clusterId && node.region === first.region)
  const held = new Set([...wanted, ...chosen.flatMap(node => [...(taken.get(node) ?? [])])])
  const containers = row.portPolicy === 'random' ? withPorts(request.containers, held, random) : request.containers
  const everywhere = nodes.filter(node => node.clusterId === first.clusterId).length === chosen.length
  return {
    clusterId: first.clusterId,
    region: first.region,
    nodes: everywhere ? null : chosen.map(node => node.name),
    containers,
    stopped: false,
    restarts: row.deployment?.restarts ?? 0,
  }
}

/** The total memory, the containers and the ports of the node that an order allows. */
export function requireWorth(row: OrderRow, containers: DeployedContainer[], units: UnitSettings): void {
  const worth = worthOf(row.units, units)
  const memory = containers.reduce((sum, container) => sum + memoryBytes(container.memory), 0)
  if (memory > worth.memory)
    throw new GatewayError(
      'Forbidden',
      `the containers ask for ${formatMemory(memory)} of memory in all, the order has ${formatMemory(worth.memory)}`,
    )
  if (containers.length > row.units)
    throw new GatewayError(
      'Forbidden',
      `${containers.length} containers, the order has ${row.units} units: one for each`,
    )
  const published = containers.flatMap(({ ports }) => ports.filter(port => port.hostPort !== null || isRandom(row)))
  if (published.length > row.units)
    throw new GatewayError(
      'Forbidden',
      `${published.length} host ports, the order has ${row.units} units: one for each`,
    )
}

function isRandom(row: OrderRow): boolean {
  return row.portPolicy === 'random'
}

function requireImages(containers: DeployedContainer[]): void {
  const wrong = containers.find(container => !isImageName(container.image))
  if (wrong) throw new GatewayError('InvalidRequest', `${JSON.stringify(wrong.image)} is not an image reference`)
}

function requireUnique(containers: DeployedContainer[]): void {
  const ports = containers.flatMap(container => container.ports)
  const given = {
    'container name': containers.map(container => container.name),
    containerPort: ports.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`),
    hostPort: ports.flatMap(({ hostPort }) => (hostPort === null ? [] : [String(hostPort)])),
  }
  for (const container of containers) Object.assign(given, envNames(container))
  for (const [what, values] of Object.entries(given)) {
    const twice = values.find((value, index) => values.indexOf(value) !== index)
    if (twice !== undefined) throw new GatewayError('InvalidRequest', `the ${what} ${twice} is given twice`)
  }
}

function envNames({ name, envs }: DeployedContainer): Record<string, string[]> {
  return { [`variable of ${name}`]: envs.map(env => env.name) }
}

function requirePolicy(row: OrderRow, containers: DeployedContainer[]): void {
  if (!isRandom(row) || containers.every(({ ports }) => ports.every(port => port.hostPort === null))) return
  throw new GatewayError('Forbidden', 'the host ports of this order are chosen by the gateway: leave hostPort out')
}

/** Nodes that can take a pod, those of the cluster that the order is in now first. */
function nodesFor(row: OrderRow, region: string | undefined, clusters: OrderClusters): SeenNode[] {
  const now = row.deployment
  const rank = (node: SeenNode) => Number(node.clusterId !== now?.clusterId) * 2 + Number(node.region !== now?.region)
  const nodes = clusters
    .nodes()
    .filter(node => node.takesPods && (region === undefined || node.region === region))
    .toSorted((a, b) => rank(a) - rank(b) || (a.region < b.region ? -1 : 1) || (a.name < b.name ? -1 : 1))
  if (nodes.length > 0) return nodes
  throw region === undefined
    ? new GatewayError('Conflict', 'no region has a node that can take a pod now')
    : new GatewayError('InvalidRequest', `the region ${region} has no node that can take a pod now`)
}

function occupied(wanted: number[], taken: Set<number>[]): GatewayError {
  const ports = wanted.filter(port => taken.every(each => each.has(port)))
  return new GatewayError('Conflict', `host ports are occupied: ${(ports.length > 0 ? ports : wanted).join(', ')}`)
}

// Below what kernels give to outgoing connections, and apart from Kubernetes' node ports.
const randomPorts = { first: 10_000, count: 19_000 }

function withPorts(containers: DeployedContainer[], held: Set<number>, random: () => number): DeployedContainer[] {
  let offset = Math.floor(random() * randomPorts.count)
  const next = () => {
    for (let step = 0; step < randomPorts.count; step++) {
      const port = randomPorts.first + (offset++ % randomPorts.count)
      if (held.has(port)) continue
      held.add(port)
      return port
    }
    throw new GatewayError('Conflict', 'no host port is free')
  }
  return containers.map(container => ({
    ...container,
    ports: container.ports.map(port => ({ ...port, hostPort: next() })),
  }))
}
