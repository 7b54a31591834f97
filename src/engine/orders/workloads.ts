import type { JsonObject } from '../../drivers/kubernetes/objects.ts'
import type { Table } from '../mirror/mirror.ts'
import type { Pod } from '../pods/schema.ts'
import type { Service } from '../services/schema.ts'
import type { OrderWorkloads, SeenPod } from './clusters.ts'
import { orderLabel } from './manifests.ts'

export interface OrderWorkloadsOptions {
  tables: { pods: Table<Pod>; services: Table<Service> }
  rawPod(clusterId: string, namespace: string, name: string): JsonObject | undefined
}

const everybody = { name: 'orders', admin: true }
/** Phases of a pod that has ended: it holds no ports any more. */
const ended = ['Succeeded', 'Failed']

/** The mirror's pods and services as orders need them. */
export function createOrderWorkloads({ tables, rawPod }: OrderWorkloadsOptions): OrderWorkloads {
  return {
    rawPod,
    pods: () => tables.pods.list({ viewer: everybody }).items.map(seenPod),
    nodePorts: clusterId =>
      tables.services
        .list({ viewer: everybody })
        .items.filter(service => service.clusterId === clusterId)
        .flatMap(service => service.ports.flatMap(({ nodePort }) => nodePort ?? [])),
    subscribe: listener =>
      tables.pods.subscribe(({ type, object }) => {
        const orderId = object.labels[orderLabel]
        if (orderId !== undefined) listener(orderId, type === 'DELETED')
      }),
  }
}

function seenPod(pod: Readonly<Pod>): SeenPod {
  const { name, namespace, clusterId, node, phase, deletedAt, hostPorts, metadata } = pod
  return {
    name,
    namespace,
    clusterId,
    node,
    phase,
    leaving: deletedAt !== null,
    hostPorts: ended.includes(phase) ? [] : hostPorts.map(({ hostPort }) => hostPort),
    createdAt: metadata.createdAt ?? '',
  }
}
