import type { KubernetesService } from '../../drivers/kubernetes/access.ts'
import type { Cluster } from '../clusters/schema.ts'
import { mirrorId, mirrorNodeName } from '../imports/identity.ts'
import type { Unversioned } from '../mirror/objects.ts'
import type { EndpointCount } from './endpoint-counts.ts'
import type { Service } from './schema.ts'

/** A service of a cluster as it is shown. */
export function viewService(
  service: KubernetesService,
  cluster: Readonly<Cluster>,
  { ready, total, readyNodes }: EndpointCount,
): Unversioned<Service> {
  return {
    id: mirrorId(cluster, service.uid),
    name: service.name,
    namespace: service.namespace,
    cluster: cluster.name,
    clusterId: cluster.id,
    owner: cluster.owner,
    type: service.type,
    clusterIP: service.clusterIP || null,
    externalAddresses: [...new Set([...service.ingress, ...service.externalIPs])],
    loadBalancerIP: service.loadBalancerIP || null,
    loadBalancerClass: service.loadBalancerClass || null,
    externalTrafficPolicy: service.externalTrafficPolicy || null,
    externalName: service.externalName || null,
    ports: service.ports,
    selector: service.selector,
    endpoints: total,
    readyEndpoints: ready,
    readyNodes: readyNodes.map(node => mirrorNodeName(cluster, node)),
    labels: service.labels,
    deletedAt: service.deletedAt,
    simulated: cluster.simulated,
    metadata: { createdAt: service.createdAt, generation: 0 },
  }
}
