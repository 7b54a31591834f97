import type { KubernetesPod } from '../../drivers/kubernetes/access.ts'
import type { Cluster } from '../clusters/schema.ts'
import { mirrorId } from '../imports/identity.ts'
import type { Unversioned } from '../mirror/objects.ts'
import type { Pod } from './schema.ts'

/** A pod of a cluster as it is shown. */
export function viewPod(pod: KubernetesPod, cluster: Readonly<Cluster>, nodeStatus: string | null): Unversioned<Pod> {
  return {
    id: mirrorId(cluster, pod.uid),
    name: pod.name,
    namespace: pod.namespace,
    cluster: cluster.name,
    clusterId: cluster.id,
    owner: cluster.owner,
    node: pod.node || null,
    nodeStatus,
    status: pod.status,
    phase: pod.phase,
    message: pod.message,
    ready: `${pod.readyContainers}/${pod.totalContainers}`,
    started: pod.started,
    restarts: pod.restarts,
    podIP: pod.podIP || null,
    hostIP: pod.hostIP || null,
    hostPorts: pod.hostPorts,
    containers: pod.containers,
    controller: pod.controller || null,
    labels: pod.labels,
    startedAt: pod.startedAt,
    deletedAt: pod.deletedAt,
    simulated: cluster.simulated,
    metadata: { createdAt: pod.createdAt, generation: 0 },
  }
}
