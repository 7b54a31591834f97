import type { OperationAction, OperationError, OperationState, OperationStep } from '../operations/schema.ts'

/** A row of `clusters`: what is wanted, and what was decided once for it. */
export interface ClusterRow {
  id: string
  runtime: 'docker' | 'simulated'
  name: string
  owner: string
  image: string
  imageId: string | null
  imageDigest: string | null
  kubernetesVersion: string | null
  domain: string
  labels: Record<string, string>
  /** Label of its Kubernetes nodes; empty: they shall have none; null: it is nobody's business. */
  region: string | null
  running: boolean
  deleting: boolean
  retain: boolean
  subnet: string
  apiHost: string
  apiPort: number
  failure: string | null
  addonsAt: Date | null
  readyAt: Date | null
  generation: number
  createdAt: Date
}

/** A row of `nodes`. */
export interface NodeRow {
  id: string
  clusterId: string
  name: string
  role: 'control-plane' | 'worker'
  address: string
  running: boolean
  removing: boolean
  /** When its container became a node of the cluster; null while it has to. */
  bootstrappedAt: Date | null
  /** Whether it has ever been one. */
  member: boolean
  createdAt: Date
}

/** A row of `operations`. */
export interface OperationRow {
  id: string
  runtime: 'docker' | 'simulated'
  action: OperationAction
  kind: 'cluster' | 'node'
  name: string
  clusterId: string | null
  clusterName: string | null
  owner: string
  generation: number
  state: OperationState
  steps: OperationStep[]
  message: string
  error: OperationError | null
  idempotencyKey: string | null
  fingerprint: string | null
  createdAt: Date
  startedAt: Date | null
  finishedAt: Date | null
}

/** A cluster as it is wanted: its row and its nodes', the control plane first. */
export interface Desired {
  cluster: ClusterRow
  nodes: NodeRow[]
}

export function controlPlaneOf({ cluster, nodes }: Desired): NodeRow {
  const found = nodes.find(node => node.role === 'control-plane')
  if (!found) throw new Error(`the cluster ${cluster.name} has no control plane row`)
  return found
}
