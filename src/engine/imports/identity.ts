import type { Cluster } from '../clusters/schema.ts'
import { stableId } from '../stable-id.ts'

type Of = Pick<Cluster, 'id' | 'name' | 'managedBy'>

/**
 * The mirror's id of an object in a cluster: its uid, but in an imported cluster one made of that. Two clusters there may
 * be the same one, and an API server that is not ours says whatever it likes: it must not name what another has.
 */
export function mirrorId(cluster: Of, uid: string): string {
  return cluster.managedBy === 'imported' ? stableId(`imported/${cluster.id}/${uid}`) : uid
}

/** The mirror's name of a cluster's node. A container's name has no colon, so that none is ever taken for another. */
export function mirrorNodeName(cluster: Of, node: string): string {
  return cluster.managedBy === 'imported' ? `${cluster.name}:${node}` : node
}

/** What a kubeconfig is sealed for. */
export function kubeconfigContext(id: string): string {
  return `kubeconfig/${id}`
}
