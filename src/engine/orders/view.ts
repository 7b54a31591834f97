import type { Unversioned } from '../mirror/mirror.ts'
import type { OrderClusters, SeenPod } from './clusters.ts'
import type { Refusals } from './refusals.ts'
import { isExpired, namespaceOf, type OrderRow } from './rows.ts'
import { type Order, type OrderDetails, type OrderState, portSpecifications } from './schema.ts'
import { formatCpu, formatMemory, type UnitSettings, worthOf } from './units.ts'

export interface OrderViewOptions {
  clusters: Pick<OrderClusters, 'pods' | 'nameOf'>
  units: UnitSettings
  refusals: Pick<Refusals, 'of'>
  now(): number
}

/** An order as it is shown: its row beside the pod that is seen of it. */
export function viewOrder(row: OrderRow, options: OrderViewOptions): Unversioned<Order> {
  const { clusters, units, refusals, now } = options
  const worth = worthOf(row.units, units)
  const pod = podOf(row, clusters)
  return {
    id: row.id,
    name: row.id,
    owner: row.owner,
    labels: row.labels,
    resourceUnit: `${row.units}-Unit-Resource`,
    portSpecification: portSpecifications[row.portPolicy],
    memory: formatMemory(worth.memory),
    cpu: formatCpu(worth.cpu),
    duration: row.duration,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    status: statusOf(row, pod, now()),
    message: row.deployment && refusals.of(row),
    deployment: row.deployment && {
      region: row.deployment.region,
      cluster: clusters.nameOf(row.deployment.clusterId),
      namespace: namespaceOf(row.id),
      pod: pod?.name ?? null,
      stopped: row.deployment.stopped,
      containers: row.deployment.containers.map(({ name, image, memory, ports }) => ({ name, image, memory, ports })),
    },
    ...row.details,
    simulated: row.runtime === 'simulated',
    updatedAt: row.updatedAt.toISOString(),
    metadata: { createdAt: row.createdAt.toISOString(), generation: row.generation },
  }
}

/** The pod that stands for an order: of several, one that stays before one that leaves, then the newest. */
export function podOf(row: OrderRow, clusters: Pick<OrderClusters, 'pods'>): SeenPod | undefined {
  const { deployment } = row
  if (!deployment) return undefined
  const namespace = namespaceOf(row.id)
  const [first] = clusters
    .pods()
    .filter(pod => pod.clusterId === deployment.clusterId && pod.namespace === namespace)
    .toSorted((a, b) => Number(a.leaving) - Number(b.leaving) || (a.createdAt < b.createdAt ? 1 : -1))
  return first
}

function statusOf(row: OrderRow, pod: SeenPod | undefined, now: number): OrderState {
  if (isExpired(row, now)) return row.aborted || row.deleting ? 'ServiceAbort' : 'ServiceDone'
  if (!row.deployment) return 'OrderFiled'
  if (row.deployment.stopped) return 'ServiceStop'
  return pod?.phase === 'Running' && !pod.leaving ? 'ServiceRunning' : 'ServicePending'
}

/** What an order says of its purchase where its maker said nothing. */
export const noDetails: OrderDetails = {
  amount: 0,
  amountPaid: 0,
  serviceID: '',
  service: 'Container Service',
  serviceCategoryID: '',
  provider: 'v-kube-service',
  address: '',
  recipient: '',
  publicKey: '',
}
