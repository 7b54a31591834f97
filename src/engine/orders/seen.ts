import { GatewayError } from '../../errors.ts'
import type { Cluster } from '../clusters/schema.ts'
import type { ClusterState } from '../clusters/state.ts'
import type { Table } from '../mirror/mirror.ts'
import type { Observed } from '../nodes/observed.ts'
import { regionLabel } from '../nodes/region-labels.ts'
import type { Node } from '../nodes/schema.ts'
import type { OrderClusters, OrderWorkloads, SeenNode } from './clusters.ts'

export interface OrderClustersOptions extends Pick<OrderClusters, 'access'> {
  workloads: OrderWorkloads
  tables: { clusters: Table<Cluster>; nodes: Table<Node> }
  clusters: Pick<ClusterState, 'get'>
  observed: Observed
}

const everybody = { name: 'orders', admin: true }

/** What orders see of clusters, from what the mirror and the drivers saw last. */
export function createOrderClusters(options: OrderClustersOptions): OrderClusters {
  const { tables, clusters, observed, access, workloads } = options

  /** Clusters that take orders. */
  function regionOf(clusterId: string): string | undefined {
    return clusters.get(clusterId)?.cluster.region || undefined
  }

  function seenNode(node: Readonly<Node>): SeenNode[] {
    const region = node.labels[regionLabel]
    if (region === undefined || region !== regionOf(node.clusterId) || !isOn(node)) return []
    const kubernetes = observed.kubernetes.get(node.clusterId)?.nodes.get(node.name)
    const takesPods = node.state === 'ready' && kubernetes?.schedulable === true && kubernetes.tainted !== true
    return [{ name: node.name, clusterId: node.clusterId, region, takesPods }]
  }

  return {
    access(clusterId) {
      if (!clusters.get(clusterId)) throw new GatewayError('Unavailable', 'the cluster is gone')
      return access(clusterId)
    },
    isUp: clusterId => ['ready', 'degraded'].includes(tables.clusters.get(clusterId)?.state ?? ''),
    nameOf: clusterId => tables.clusters.get(clusterId)?.name ?? '',
    nodes: () => tables.nodes.list({ viewer: everybody }).items.flatMap(seenNode),
    ...workloads,
  }
}

function isOn({ state }: Readonly<Node>): boolean {
  return state === 'ready' || state === 'running'
}
