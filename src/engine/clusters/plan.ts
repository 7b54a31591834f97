import type { Observed } from '../nodes/observed.ts'
import { controlPlaneOf, type Desired, type NodeRow } from './rows.ts'

/**
 * What has to be done to make a cluster what it shall be: the difference between its rows and what is seen. A plan is
 * made anew whenever something changes, so nothing in it depends on what was tried before.
 */
export type Plan =
  /** Nothing is to be done. */
  | { kind: 'none' }
  /** The cluster's data is gone: nothing but its deletion helps. */
  | { kind: 'lost'; reason: string }
  | { kind: 'delete' }
  | { kind: 'stop'; workers: NodeRow[]; controlPlane: NodeRow[] }
  | {
      kind: 'run'
      /** Nodes that leave. */
      remove: NodeRow[]
      stop: NodeRow[]
      /** Nodes whose container is missing or not running. */
      start: NodeRow[]
      /** Nodes, among them the control plane, that are no members of the cluster yet. */
      bootstrap: NodeRow[]
      addons: boolean
      /** Nodes that shall be ready in the end. */
      wait: NodeRow[]
    }

export interface PlanOptions {
  /**
   * Whether somebody asked for something. What others stopped stays stopped until then: `docker stop` is respected, as
   * Docker's own restart policies do.
   */
  asked: boolean
}

/** Whether a cluster's data went with its control plane node, and nobody has drawn the conclusion yet. */
export function isLost(desired: Desired, observed: Observed): boolean {
  const { cluster } = desired
  if (cluster.deleting || cluster.failure !== null) return false
  const controlPlane = controlPlaneOf(desired)
  return controlPlane.bootstrappedAt !== null && !observed.nodes.has(controlPlane.name)
}

export function planCluster(desired: Desired, observed: Observed, { asked }: PlanOptions): Plan {
  const { cluster, nodes } = desired
  if (cluster.deleting) return { kind: 'delete' }
  if (cluster.failure !== null) return { kind: 'none' }
  const controlPlane = controlPlaneOf(desired)
  const container = (node: NodeRow) => observed.nodes.get(node.name)
  if (isLost(desired, observed))
    return {
      kind: 'lost',
      reason: `the control plane node ${controlPlane.name} was removed, and the cluster's data with it; delete the cluster`,
    }
  const runs = (node: NodeRow) => container(node)?.state === 'running'
  // What was never ready is finished first: a half-made cluster cannot be started again.
  if (!cluster.running && cluster.readyAt !== null) {
    const up = nodes.filter(runs)
    if (up.length === 0) return { kind: 'none' }
    return {
      kind: 'stop',
      workers: up.filter(node => node.role === 'worker'),
      controlPlane: up.filter(node => node.role === 'control-plane'),
    }
  }
  const remove = nodes.filter(node => node.removing)
  const members = nodes.filter(node => !node.removing)
  // A worker whose container is gone has to join anew.
  const bootstrap = members.filter(node => node.bootstrappedAt === null || !container(node))
  const wanted = members.filter(node => node.running)
  const start = asked ? wanted.filter(node => !runs(node)) : bootstrap.filter(node => node.running && !runs(node))
  const stop = asked ? members.filter(node => !node.running && runs(node)) : []
  const joining = bootstrap.filter(node => node.running)
  const addons = cluster.addonsAt === null
  if (!asked && remove.length + joining.length === 0 && !addons) return { kind: 'none' }
  return { kind: 'run', remove, stop, start, bootstrap: joining, addons, wait: asked ? wanted : joining }
}
