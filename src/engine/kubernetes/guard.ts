import { GatewayError } from '../../errors.ts'
import type { Principal } from '../accounts/principal.ts'
import { requireCluster } from '../clusters/guard.ts'
import type { Cluster } from '../clusters/schema.ts'
import type { MirrorObject, Table } from '../mirror/mirror.ts'
import { namespacedKey } from './key.ts'

/** Where something is that lives in a namespace of a cluster. */
export interface Place {
  cluster: string
  namespace: string
  name: string
}

type Namespaced = MirrorObject & { cluster: string; namespace: string }

/**
 * The pod or service of a place, where the principal may see it. Throws NotFound that names what there is none of: the
 * cluster, the namespace, or the object itself.
 */
export function requireNamespaced<T extends Namespaced>(
  tables: { clusters: Table<Cluster> },
  table: Table<T>,
  principal: Principal,
  place: Place,
): Readonly<T> {
  requireCluster(tables.clusters, principal, place.cluster)
  const found = table.byName(namespacedKey(place), principal)
  if (found) return found
  const noun = table.kind.slice(0, -1)
  const { cluster, namespace, name } = place
  const [neighbour] = table.list({
    viewer: principal,
    scope: `${cluster}/${namespace}`,
    filter: () => true,
    limit: 1,
  }).items
  throw new GatewayError(
    'NotFound',
    neighbour
      ? `there is no ${noun} ${JSON.stringify(name)} in the namespace ${JSON.stringify(namespace)} of the cluster ${cluster}`
      : `there is no namespace ${JSON.stringify(namespace)} with a ${noun} in the cluster ${cluster}`,
  )
}
