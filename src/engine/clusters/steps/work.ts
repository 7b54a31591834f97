import type { Clock } from '../../../clock.ts'
import type { ClusterSpec, Runtime } from '../../../drivers/runtime.ts'
import type { Observed } from '../../nodes/observed.ts'
import type { ClusterChanges } from '../queries.ts'
import { controlPlaneOf, type Desired, type NodeRow } from '../rows.ts'

/** What the steps of one cluster work with. */
export interface Work {
  runtime: Runtime
  observed: Observed
  clock: Clock
  gatewayId: string
  settings: WorkSettings
  /** The cluster as it is wanted now; what steps record is in it at once. */
  current(): Desired
  record: Recorder
  /** Watches the cluster's Kubernetes nodes from now on. */
  watchKubernetes(): void
  /** Resolves when a condition on what is seen holds; rejects with RuntimeUnavailable when nothing is seen, or with the signal's reason. */
  until(holds: () => boolean, signal: AbortSignal): Promise<void>
}

export interface WorkSettings {
  /** Patterns of the images that may be run. */
  nodeImages: string[]
  networkPool: string
  stopGraceSeconds: number
  drainTimeoutMs: number
  stepTimeoutMs: number
}

/** Writes to the store what a step decided or brought about. */
export interface Recorder {
  cluster(changes: ClusterChanges): Promise<void>
  bootstrapped(node: NodeRow, done: boolean): Promise<void>
  /** Another subnet, that overlaps none of those taken, the nodes at the same places in it. Rejects with SubnetTaken. */
  moved(taken: string[]): Promise<void>
  /** Another published port of the API server. */
  republished(): Promise<void>
  gone(nodes: NodeRow[]): Promise<void>
}

/** What a runtime needs to know of a cluster. */
export function specOf(desired: Desired): ClusterSpec {
  const { cluster, nodes } = desired
  const controlPlane = controlPlaneOf(desired)
  return {
    name: cluster.name,
    id: cluster.id,
    controlPlane: {
      name: controlPlane.name,
      address: controlPlane.address,
      apiServer: { host: cluster.apiHost, port: cluster.apiPort },
    },
    nodes: nodes.filter(node => !node.removing).length,
  }
}

/** `3 workers`, `1 worker`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
