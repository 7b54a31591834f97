import type { Clock } from '../../clock.ts'
import { startDeadline } from '../../deadline.ts'
import type { NodeDriver } from '../../drivers/runtime.ts'
import { GatewayError } from '../../errors.ts'
import type { OrderClusters, SeenNode } from './clusters.ts'
import { namespaceOf, type OrderRow } from './rows.ts'
import { podOf } from './view.ts'

export interface PortsOptions {
  clusters: OrderClusters
  /** Those for which something may run. */
  orders(): OrderRow[]
  driver: Pick<NodeDriver, 'listening'>
  clock: Clock
}

/** Which ports of nodes are taken. */
export interface Ports {
  /**
   * By node: ports that a pod, a service or a socket in it has, or that an order shall have whose pod is not seen yet.
   * `except` is the order whose own ports do not count. Rejects with GatewayError Unavailable when a node cannot be asked.
   */
  taken(nodes: SeenNode[], except?: string): Promise<Map<SeenNode, Set<number>>>
}

const timeoutMs = 5000
/** What a node said of its sockets serves so long. */
const rememberedMs = 2000

export function createPorts({ clusters, orders, driver, clock }: PortsOptions): Ports {
  const remembered = new Map<string, { at: number; ports: Promise<number[]> }>()

  function socketsOf(node: string): Promise<number[]> {
    const now = clock.now()
    for (const [name, { at }] of remembered) if (now - at > rememberedMs) remembered.delete(name)
    const known = remembered.get(node)
    if (known) return known.ports
    const ports = ask(node)
    remembered.set(node, { at: now, ports })
    ports.catch(() => remembered.delete(node))
    return ports
  }

  async function ask(node: string): Promise<number[]> {
    const deadline = startDeadline({ clock, timeoutMs, expired: () => silentNode(node) })
    try {
      return (await driver.listening(node, deadline.signal)).map(({ port }) => port)
    } catch (error) {
      throw deadline.signal.aborted ? deadline.signal.reason : silentNode(node, error)
    } finally {
      deadline.end()
    }
  }

  /** Ports of orders in a cluster whose pod is not there yet: any of its nodes may get it. */
  function promised(clusterId: string, except: string | undefined): number[] {
    return orders()
      .filter(row => row.id !== except && row.deployment?.clusterId === clusterId && !podOf(row, clusters)?.node)
      .flatMap(row => row.deployment?.containers ?? [])
      .flatMap(container => container.ports.flatMap(({ hostPort }) => hostPort ?? []))
  }

  return {
    async taken(nodes, except) {
      const own = except === undefined ? undefined : namespaceOf(except)
      const pods = clusters.pods().filter(pod => pod.namespace !== own)
      const all = await Promise.all(
        nodes.map(async node => {
          const { clusterId, name } = node
          const ofPods = pods.filter(pod => pod.clusterId === clusterId && pod.node === name)
          const taken = new Set([
            ...ofPods.flatMap(pod => pod.hostPorts),
            ...clusters.nodePorts(clusterId),
            ...promised(clusterId, except),
            ...(await socketsOf(name)),
          ])
          return [node, taken] as const
        }),
      )
      return new Map(all)
    },
  }
}

function silentNode(node: string, cause?: unknown): GatewayError {
  return new GatewayError('Unavailable', `the node ${node} does not say which ports are taken`, { cause })
}
