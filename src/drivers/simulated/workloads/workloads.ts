import type { KubernetesEndpoints, KubernetesPod, KubernetesService } from '../../kubernetes/access.ts'
import { type JsonObject, keyOf, listAt, textAt } from '../../kubernetes/objects.ts'
import { toKubernetesPod } from '../../kubernetes/pods.ts'
import { fromEndpointSlice, toKubernetesService } from '../../kubernetes/services.ts'
import { createControllers } from './controllers.ts'
import { createObjectStore, keyOfStored, type ObjectStore, type StoredObject } from './objects.ts'
import { createPods, type PodsOptions } from './pods.ts'
import { createServices } from './services.ts'

const podKind = { apiVersion: 'v1', kind: 'Pod' }

/** Hears of each change of one kind. */
export interface Told<T> {
  changed(item: T): void
  gone(key: string): void
}

export interface WorkloadsOptions extends Omit<PodsOptions, 'objects'> {
  stored: JsonObject[]
  /** The names of all nodes that have registered. */
  registered(): string[]
  newId: () => string
  pods: Told<KubernetesPod>
  services: Told<KubernetesService>
  endpoints: Told<KubernetesEndpoints>
  onChange(): void
}

/** The objects of one API server and what Kubernetes does with them by itself. */
export interface Workloads {
  readonly objects: ObjectStore
  /** Makes an object or gives it another content. */
  put(object: JsonObject): void
  /** Deletes an object with all that depends on it; a pod terminates for a while. */
  remove(object: StoredObject): void
  listPods(): KubernetesPod[]
  listServices(): KubernetesService[]
  listEndpoints(): KubernetesEndpoints[]
  /** Removes a node's pods but those of DaemonSets and static ones. */
  evict(node: string): void
  /** Nodes have come, gone, or changed their readiness. */
  nodesChanged(): void
}

export function createWorkloads(options: WorkloadsOptions): Workloads {
  const { now, newId } = options
  const objects = createObjectStore({ newId, now, onPut, onDelete }, options.stored)
  const pods = createPods({ ...options, objects })
  const controllers = createControllers({
    objects,
    pods,
    nodes: options.registered,
    newId,
    now,
  })
  const services = createServices(objects)

  function onPut(object: StoredObject): void {
    options.onChange()
    if (object.kind === 'Pod') {
      options.pods.changed(toKubernetesPod(object))
      services.podChanged(object)
      controllers.podChanged(object)
    } else if (object.kind === 'Service') options.services.changed(toKubernetesService(object))
    else if (object.kind === 'EndpointSlice') options.endpoints.changed(fromEndpointSlice(object))
  }

  function onDelete(object: StoredObject): void {
    options.onChange()
    if (object.kind === 'Pod') {
      options.pods.gone(keyOf(object))
      services.podChanged(object)
      controllers.podChanged(object)
    } else if (object.kind === 'Service') {
      options.services.gone(keyOf(object))
      services.gone(object)
    } else if (object.kind === 'EndpointSlice') options.endpoints.gone(keyOf(object))
    else if (controllers.isWorkload(object)) controllers.gone(object)
    else if (object.kind === 'Namespace') {
      for (const each of objects.everything()) if (each.metadata.namespace === object.metadata.name) remove(each)
    }
  }

  function remove(object: StoredObject): void {
    if (object.kind === 'Pod') pods.remove(object)
    else objects.delete(keyOfStored(object))
  }

  const podsOn = (node: string) => objects.all(podKind).filter(pod => textAt(pod, 'spec', 'nodeName') === node)

  return {
    objects,
    put(object) {
      const stored = objects.put(object)
      if (stored.kind === 'Pod') pods.settle(stored)
      else if (stored.kind === 'Service') services.reconcile(stored)
      else if (controllers.isWorkload(stored)) controllers.reconcile(stored)
    },
    remove,
    listPods: () => objects.all(podKind).map(toKubernetesPod),
    listServices: () => objects.all({ apiVersion: 'v1', kind: 'Service' }).map(toKubernetesService),
    listEndpoints: () =>
      objects.all({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' }).map(fromEndpointSlice),
    evict(node) {
      for (const pod of podsOn(node)) if (!isBoundToNode(pod)) pods.remove(pod)
    },
    nodesChanged() {
      const registered = new Set(options.registered())
      for (const pod of objects.all(podKind)) {
        const node = textAt(pod, 'spec', 'nodeName')
        if (node !== '' && !registered.has(node)) objects.delete(keyOfStored(pod))
      }
      controllers.nodesChanged()
      pods.settleAll()
    },
  }
}

function isBoundToNode(pod: StoredObject): boolean {
  return ['DaemonSet', 'Node'].includes(textAt(listAt(pod.metadata, 'ownerReferences')[0], 'kind'))
}
