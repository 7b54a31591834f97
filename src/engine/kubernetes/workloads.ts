import type { Clock } from '../../clock.ts'
import type { KubernetesEndpoints, KubernetesPod, KubernetesService } from '../../drivers/kubernetes/access.ts'
import type { JsonObject } from '../../drivers/kubernetes/objects.ts'
import type { ReflectorObserver } from '../../drivers/kubernetes/view.ts'
import type { Cluster } from '../clusters/schema.ts'
import { mirrorId, mirrorNodeName } from '../imports/identity.ts'
import type { Table } from '../mirror/mirror.ts'
import type { Node } from '../nodes/schema.ts'
import type { Pod } from '../pods/schema.ts'
import { viewPod } from '../pods/view.ts'
import { createEndpointCounts, type EndpointCounts } from '../services/endpoint-counts.ts'
import type { Service } from '../services/schema.ts'
import { viewService } from '../services/view.ts'

export interface WorkloadsOptions {
  tables: { clusters: Table<Cluster>; nodes: Table<Node>; pods: Table<Pod>; services: Table<Service> }
  /** Called when all services of a cluster have been seen, with what is behind them. */
  onServices?(clusterId: string): void
  clock: Clock
}

/** Brings the pods and services of every cluster into the mirror. */
export interface Workloads {
  /** What a watch on that cluster reports. */
  observers(clusterId: string): WorkloadObservers
  /** A cluster is not watched any more, or not now: what was seen of it stays, and lists say so. */
  stale(clusterId: string, reason: string): void
  /** The cluster is gone with all that was seen of it. */
  forget(clusterId: string): void
  /** Whether all services of a cluster have been seen, with what is behind them: those that are missing then are gone. */
  servicesKnown(clusterId: string): boolean
  /** The whole object of a pod that carries `app.kubernetes.io/managed-by: kindgate`, as last seen. */
  rawPod(clusterId: string, namespace: string, name: string): JsonObject | undefined
  close(): void
}

export interface WorkloadObservers {
  pods: ReflectorObserver<KubernetesPod>
  services: ReflectorObserver<KubernetesService>
  endpoints: ReflectorObserver<KubernetesEndpoints>
}

/** What was seen of one cluster, by `namespace/name`. */
interface Seen {
  pods: Map<string, KubernetesPod>
  services: Map<string, KubernetesService>
  servicesKnown: boolean
  /** Why services, or the endpoints that they count, cannot be followed. */
  down: { services?: string | undefined; endpoints?: string | undefined }
  endpointsKnown: boolean
  endpoints: EndpointCounts
}

export function createWorkloads({ tables, clock, onServices }: WorkloadsOptions): Workloads {
  const clusters = new Map<string, Seen>()

  const seenOf = (clusterId: string) => {
    const seen = clusters.get(clusterId) ?? {
      pods: new Map(),
      services: new Map(),
      servicesKnown: false,
      down: {},
      endpointsKnown: false,
      endpoints: createEndpointCounts(),
    }
    clusters.set(clusterId, seen)
    return seen
  }

  const servicesKnown = (clusterId: string) => {
    const { servicesKnown: services = false, endpointsKnown: endpoints = false } = clusters.get(clusterId) ?? {}
    return services && endpoints
  }

  const podOf = (pod: KubernetesPod, cluster: Readonly<Cluster>) =>
    viewPod(pod, cluster, tables.nodes.byName(mirrorNodeName(cluster, pod.node))?.state ?? null)

  const serviceOf = (service: KubernetesService, cluster: Readonly<Cluster>, seen: Seen) =>
    viewService(service, cluster, seen.endpoints.of(keyOf(service)))

  function isOn(pod: KubernetesPod, node: Readonly<Node>): boolean {
    const cluster = tables.clusters.get(node.clusterId)
    return cluster !== undefined && mirrorNodeName(cluster, pod.node) === node.name
  }

  function remove(table: Table<Pod> | Table<Service>, clusterId: string, uid: string): void {
    const cluster = tables.clusters.get(clusterId)
    if (cluster) table.remove(mirrorId(cluster, uid))
  }

  function showPod(clusterId: string, pod: KubernetesPod): void {
    const cluster = tables.clusters.get(clusterId)
    if (cluster) tables.pods.apply(podOf(pod, cluster))
  }

  function showServices(clusterId: string, keys: string[]): void {
    const cluster = tables.clusters.get(clusterId)
    const seen = seenOf(clusterId)
    for (const key of cluster ? keys : []) {
      const service = seen.services.get(key)
      if (cluster && service) tables.services.apply(serviceOf(service, cluster, seen))
    }
  }

  function showAll(clusterId: string): void {
    const cluster = tables.clusters.get(clusterId)
    const seen = seenOf(clusterId)
    const within = (object: { clusterId: string }) => object.clusterId === clusterId
    const pods = cluster ? [...seen.pods.values()].map(pod => podOf(pod, cluster)) : []
    const services = cluster ? [...seen.services.values()].map(service => serviceOf(service, cluster, seen)) : []
    tables.pods.replace(pods, { within })
    tables.services.replace(services, { within })
  }

  function mark(table: Table<Pod> | Table<Service>, clusterId: string, reason: string): void {
    const cluster = tables.clusters.get(clusterId)
    if (cluster) table.markStale(reason, clock.now(), { scope: cluster.name, owner: cluster.owner })
  }

  function fresh(table: Table<Pod> | Table<Service>, clusterId: string): void {
    const cluster = tables.clusters.get(clusterId)
    if (cluster) table.markFresh(cluster.name)
  }

  function serviceDown(clusterId: string, changed: Seen['down']): void {
    const down = Object.assign(seenOf(clusterId).down, changed)
    const reason = down.services ?? down.endpoints
    if (reason === undefined) fresh(tables.services, clusterId)
    else mark(tables.services, clusterId, reason)
  }

  const ends = [
    tables.clusters.subscribe(({ type, object, previous }) => {
      if (type === 'DELETED') {
        clusters.delete(object.id)
        showAll(object.id)
        for (const table of [tables.pods, tables.services]) table.markFresh(object.name)
      } else if (previous?.name !== object.name || previous.owner !== object.owner) showAll(object.id)
    }),
    tables.nodes.subscribe(({ type, object, previous }) => {
      if (type === 'MODIFIED' && previous?.state === object.state) return
      for (const pod of clusters.get(object.clusterId)?.pods.values() ?? [])
        if (isOn(pod, object)) showPod(object.clusterId, pod)
    }),
  ]

  function podObserver(clusterId: string): ReflectorObserver<KubernetesPod> {
    return {
      synced(pods) {
        seenOf(clusterId).pods = new Map(pods.map(pod => [keyOf(pod), pod]))
        showAll(clusterId)
        fresh(tables.pods, clusterId)
      },
      changed(pod) {
        seenOf(clusterId).pods.set(keyOf(pod), pod)
        showPod(clusterId, pod)
      },
      gone(key) {
        const pod = seenOf(clusterId).pods.get(key)
        seenOf(clusterId).pods.delete(key)
        if (pod) remove(tables.pods, clusterId, pod.uid)
      },
      down: reason => mark(tables.pods, clusterId, reason),
    }
  }

  function serviceObserver(clusterId: string): ReflectorObserver<KubernetesService> {
    return {
      synced(services) {
        seenOf(clusterId).services = new Map(services.map(service => [keyOf(service), service]))
        seenOf(clusterId).servicesKnown = true
        showAll(clusterId)
        serviceDown(clusterId, { services: undefined })
        if (servicesKnown(clusterId)) onServices?.(clusterId)
      },
      changed(service) {
        seenOf(clusterId).services.set(keyOf(service), service)
        showServices(clusterId, [keyOf(service)])
      },
      gone(key) {
        const service = seenOf(clusterId).services.get(key)
        seenOf(clusterId).services.delete(key)
        if (service) remove(tables.services, clusterId, service.uid)
      },
      down: reason => serviceDown(clusterId, { services: reason }),
    }
  }

  function endpointObserver(clusterId: string): ReflectorObserver<KubernetesEndpoints> {
    return {
      synced(slices) {
        const seen = seenOf(clusterId)
        seen.endpoints = createEndpointCounts()
        seen.endpointsKnown = true
        for (const slice of slices) seen.endpoints.put(slice)
        showServices(clusterId, [...seen.services.keys()])
        serviceDown(clusterId, { endpoints: undefined })
        if (servicesKnown(clusterId)) onServices?.(clusterId)
      },
      changed: slice => showServices(clusterId, seenOf(clusterId).endpoints.put(slice)),
      gone: key => showServices(clusterId, seenOf(clusterId).endpoints.delete(key)),
      down: reason => serviceDown(clusterId, { endpoints: reason }),
    }
  }

  return {
    observers: clusterId => ({
      pods: podObserver(clusterId),
      services: serviceObserver(clusterId),
      endpoints: endpointObserver(clusterId),
    }),
    stale(clusterId, reason) {
      mark(tables.pods, clusterId, reason)
      serviceDown(clusterId, { services: reason, endpoints: reason })
    },
    forget(clusterId) {
      clusters.delete(clusterId)
      showAll(clusterId)
      clusters.delete(clusterId)
      fresh(tables.pods, clusterId)
      fresh(tables.services, clusterId)
    },
    servicesKnown,
    rawPod: (clusterId, namespace, name) => clusters.get(clusterId)?.pods.get(`${namespace}/${name}`)?.raw ?? undefined,
    close() {
      for (const end of ends) end()
    },
  }
}

function keyOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`
}
