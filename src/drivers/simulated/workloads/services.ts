import { type JsonObject, listAt, numberAt, objectAt, textAt, textsAt } from '../../kubernetes/objects.ts'
import { type ObjectStore, type StoredObject, selects } from './objects.ts'
import { isReadyPod } from './pods.ts'

const serviceKind = { apiVersion: 'v1', kind: 'Service' }
export const sliceKind = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' }

/** What the API server and the endpoint controller do with services. */
export interface Services {
  /** Gives a service its address and node ports, where it has none; its endpoints as they are now. */
  reconcile(service: StoredObject): void
  gone(service: StoredObject): void
  /** A pod has come, changed or gone. */
  podChanged(pod: StoredObject): void
}

export function createServices(objects: ObjectStore): Services {
  function complete(service: StoredObject): StoredObject {
    const spec = objectAt(service, 'spec')
    const type = textAt(spec, 'type') || 'ClusterIP'
    if (type === 'ExternalName') return service
    const all = objects.all(serviceKind).filter(each => each.metadata.uid !== service.metadata.uid)
    const clusterIP = textAt(spec, 'clusterIP') || freeAddress(all)
    const held = new Set(all.flatMap(each => listAt(each, 'spec', 'ports').map(port => numberAt(port, 'nodePort'))))
    const ports = listAt(spec, 'ports').map(port => {
      const nodePort = numberAt(port, 'nodePort') || (type === 'ClusterIP' ? 0 : freePort(held))
      held.add(nodePort)
      return { ...objectAt({ port }, 'port'), ...(nodePort > 0 ? { nodePort } : {}) }
    })
    const next: JsonObject = { ...spec, type, clusterIP, clusterIPs: [clusterIP], ports }
    return JSON.stringify(next) === JSON.stringify(spec) ? service : objects.put({ ...service, spec: next })
  }

  function endpointsOf(service: StoredObject): void {
    const selector = textsAt(service, 'spec', 'selector')
    if (Object.keys(selector).length === 0) return
    const namespace = textAt(service.metadata, 'namespace')
    const endpoints = objects
      .all({ apiVersion: 'v1', kind: 'Pod', namespace })
      .filter(pod => selects(selector, pod) && textAt(pod, 'status', 'podIP') !== '')
      .map(pod => ({
        addresses: [textAt(pod, 'status', 'podIP')],
        conditions: { ready: isReadyPod(pod) && textAt(pod.metadata, 'deletionTimestamp') === '' },
        nodeName: textAt(pod, 'spec', 'nodeName'),
        targetRef: { kind: 'Pod', name: pod.metadata.name, namespace },
      }))
    const ports = listAt(service, 'spec', 'ports').map(port => ({
      name: textAt(port, 'name'),
      protocol: textAt(port, 'protocol') || 'TCP',
      port: numberAt(port, 'targetPort') || numberAt(port, 'port'),
    }))
    const metadata = {
      name: sliceName(service),
      namespace,
      labels: { 'kubernetes.io/service-name': service.metadata.name },
    }
    const before = objects.get({ ...sliceKind, namespace, name: metadata.name })
    if (before && JSON.stringify([before.endpoints, before.ports]) === JSON.stringify([endpoints, ports])) return
    objects.put({ ...sliceKind, metadata, addressType: 'IPv4', endpoints, ports })
  }

  return {
    reconcile: service => endpointsOf(complete(service)),
    gone(service) {
      const namespace = textAt(service.metadata, 'namespace')
      objects.delete({ ...sliceKind, namespace, name: sliceName(service) })
    },
    podChanged(pod) {
      for (const service of objects.all({ ...serviceKind, namespace: textAt(pod.metadata, 'namespace') }))
        if (selects(textsAt(service, 'spec', 'selector'), pod)) endpointsOf(service)
    },
  }
}

function sliceName(service: StoredObject): string {
  return `${service.metadata.name}-${service.metadata.uid.slice(0, 5)}`
}

/** In kubeadm's default service subnet, 10.96.0.0/16 as kind sets it. */
function freeAddress(services: StoredObject[]): string {
  const held = new Set(services.map(service => textAt(service, 'spec', 'clusterIP')))
  let count = services.length + 1
  const address = () => `10.96.${Math.floor(count / 254) % 256}.${(count % 254) + 1}`
  while (held.has(address())) count += 1
  return address()
}

function freePort(held: ReadonlySet<number>): number {
  let port = 30_000
  while (held.has(port)) port += 1
  return port
}
