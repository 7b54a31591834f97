import { messageOf } from '../../errors.ts'
import type { Cluster } from '../clusters/schema.ts'
import type { Table } from '../mirror/mirror.ts'
import { createRegionLabels } from '../nodes/region-labels.ts'
import type { Node } from '../nodes/schema.ts'
import { createWorkQueue } from '../queue.ts'
import { createOrders, type OrdersOptions, type RunningOrders } from './orders.ts'
import type { Order } from './schema.ts'
import { createOrderClusters, type OrderClustersOptions } from './seen.ts'

export interface ComposeOptions extends Omit<OrdersOptions, 'clusters' | 'table'>, OrderClustersOptions {
  tables: OrderClustersOptions['tables'] & { orders: Table<Order>; clusters: Table<Cluster>; nodes: Table<Node> }
}

/** Orders with what they go by: regions as labels of nodes, and the mirror's changes that concern them. */
export function composeOrders(options: ComposeOptions): RunningOrders {
  const { tables, clusters, observed, access, workloads, clock, random, log } = options
  const orders = createOrders({ ...options, table: tables.orders, clusters: createOrderClusters(options) })
  const labels = createRegionLabels({ observed, access, regionOf: id => clusters.get(id)?.cluster.region })
  const queue = createWorkQueue({
    work: labels.label,
    onRetry: (cluster, error, delayMs) =>
      log.warn({ cluster, reason: messageOf(error), delayMs }, 'could not label nodes with their region; tries again'),
    clock,
    random,
    concurrency: 2,
  })

  function checkLabels(clusterId: string): void {
    if (labels.isDue(clusterId)) queue.add(clusterId)
  }

  return {
    ...orders,
    async run(signal) {
      const ends = [
        tables.clusters.subscribe(({ type, object, previous }) => {
          if (type === 'DELETED' || object.state !== previous?.state) orders.clusterChanged(object.id)
          checkLabels(object.id)
        }),
        tables.nodes.subscribe(({ object }) => checkLabels(object.clusterId)),
        workloads.subscribe((id, gone) => orders.seen(id, gone ? 'gone' : undefined)),
      ]
      await orders.run(signal)
      for (const end of ends) end()
      await queue.close()
    },
  }
}
