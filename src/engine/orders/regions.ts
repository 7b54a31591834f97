import { GatewayError } from '../../errors.ts'
import type { OrderClusters } from './clusters.ts'
import type { Ports } from './ports.ts'

export type PortCheck =
  | { status: 'NotOccupied' | 'NoResource' | 'InternalErr'; occupied: [] }
  | { status: 'PortsOccupied'; occupied: number[] }

/** What anybody may know of where orders can be deployed. */
export interface Regions {
  /** Names of the regions with a node that can take a pod now, sorted. */
  list(): string[]
  /** Which of the ports are taken in any node of the region, in the order asked for, each once. Never rejects for a node's fault. */
  occupied(region: string, ports: number[]): Promise<PortCheck>
}

export function createRegions({ clusters, ports }: { clusters: OrderClusters; ports: Ports }): Regions {
  return {
    list: () => [
      ...new Set(
        clusters
          .nodes()
          .filter(node => node.takesPods)
          .map(node => node.region)
          .toSorted(),
      ),
    ],
    async occupied(region, wanted) {
      const nodes = clusters.nodes().filter(node => node.region === region)
      if (!nodes.some(node => node.takesPods)) return { status: 'NoResource', occupied: [] }
      try {
        const taken = await ports.taken(nodes)
        const occupied = [...new Set(wanted)].filter(port => [...taken.values()].some(each => each.has(port)))
        return occupied.length > 0 ? { status: 'PortsOccupied', occupied } : { status: 'NotOccupied', occupied: [] }
      } catch (error) {
        if (error instanceof GatewayError) return { status: 'InternalErr', occupied: [] }
        throw error
      }
    },
  }
}
