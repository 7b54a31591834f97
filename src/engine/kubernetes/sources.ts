import type { ObservedNode, Runtime } from '../../drivers/runtime.ts'
import { controlPlaneOf } from '../clusters/rows.ts'
import type { ClusterState } from '../clusters/state.ts'
import { foreignId } from '../clusters/view.ts'
import type { Observed } from '../nodes/observed.ts'
import type { FindSource } from './connections.ts'

export interface NodeSourceOptions {
  runtime: Runtime
  observed: Observed
  clusters: Pick<ClusterState, 'get' | 'byName'>
}

/** The ways to clusters whose nodes are containers here, ours and those of others: by their control plane. */
export function nodeSources({ runtime, observed, clusters }: NodeSourceOptions): FindSource {
  const controlOf = (clusterId: string): ObservedNode | null | undefined => {
    const ours = clusters.get(clusterId)
    if (ours) return observed.nodes.get(controlPlaneOf(ours).name) ?? null
    return [...observed.nodes.values()].find(
      node => node.role === 'control-plane' && !clusters.byName(node.cluster) && foreignId(node.cluster) === clusterId,
    )
  }

  return clusterId => {
    const control = controlOf(clusterId)
    if (control === undefined) return undefined
    if (control === null) return { down: 'the cluster has no control plane' }
    if (control.state !== 'running') return { down: 'the cluster is stopped' }
    return { key: `${control.id} ${control.startedAt}`, open: () => runtime.bootstrap.access(control) }
  }
}
