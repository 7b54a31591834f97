import type { OrderDetails, PortPolicy } from './schema.ts'

/** A row of `orders`, with the clusters that may hold something of it. */
export interface OrderRow {
  id: string
  runtime: 'docker' | 'simulated'
  owner: string
  secretHash: Buffer
  units: number
  portPolicy: PortPolicy
  details: OrderDetails
  labels: Record<string, string>
  /** Hours, 0 for no end. */
  duration: number
  expiresAt: Date | null
  /** An admin has expired it. */
  aborted: boolean
  deleting: boolean
  deployment: KeptDeployment | null
  /** Ids of clusters. */
  places: string[]
  generation: number
  createdAt: Date
  updatedAt: Date
}

/** What shall run for an order, and where: everything that its manifests are made from. */
export interface Deployment {
  clusterId: string
  region: string
  /** The Kubernetes nodes whose ports are free for it; null: any node of the region. */
  nodes: string[] | null
  containers: DeployedContainer[]
  stopped: boolean
  /** Counts restarts: with another number the pod is made anew. */
  restarts: number
}

export interface DeployedContainer {
  name: string
  image: string
  ports: { containerPort: number; hostPort: number | null; protocol: 'TCP' | 'UDP' }[]
  /** As it was asked for: `100Mi`. */
  memory: string
  command: string[]
  args: string[]
  envs: { name: string; value: string }[]
  /** A file in the container. */
  config: { path: string; text: string } | null
}

/** A deployment as it is stored: without the values of variables and the texts of files, which are sealed together. */
export interface KeptDeployment extends Omit<Deployment, 'containers'> {
  containers: KeptContainer[]
  /** Undefined in rows of versions that kept everything in clear. */
  sealed?: string
}

export interface KeptContainer extends Omit<DeployedContainer, 'envs' | 'config'> {
  envs: { name: string; value?: string }[]
  config: { path: string; text?: string } | null
}

/** The namespace of all that runs for an order. */
export function namespaceOf(orderId: string): string {
  return `order-${orderId}`
}

/** Whether an order is no longer valid at a time, in milliseconds since the epoch. */
export function isExpired(row: Pick<OrderRow, 'expiresAt' | 'deleting'>, now: number): boolean {
  return row.deleting || (row.expiresAt !== null && row.expiresAt.getTime() <= now)
}
