import type { KubernetesEndpoints, KubernetesService, KubernetesServicePort } from './access.ts'
import { at, type KubernetesObject, listAt, numberAt, textAt, textsAt, timeAt } from './objects.ts'

/** What the gateway shows of a Service object. */
export function toKubernetesService(service: KubernetesObject): KubernetesService {
  const { metadata } = service
  return {
    uid: metadata.uid,
    name: metadata.name,
    namespace: textAt(metadata, 'namespace'),
    labels: textsAt(metadata, 'labels'),
    type: textAt(service, 'spec', 'type') || 'ClusterIP',
    clusterIP: textAt(service, 'spec', 'clusterIP'),
    externalIPs: texts(listAt(service, 'spec', 'externalIPs')),
    loadBalancerIP: textAt(service, 'spec', 'loadBalancerIP'),
    loadBalancerClass: textAt(service, 'spec', 'loadBalancerClass'),
    ingress: texts(
      listAt(service, 'status', 'loadBalancer', 'ingress').map(each => textAt(each, 'ip') || textAt(each, 'hostname')),
    ),
    externalName: textAt(service, 'spec', 'externalName'),
    externalTrafficPolicy: textAt(service, 'spec', 'externalTrafficPolicy'),
    selector: textsAt(service, 'spec', 'selector'),
    ports: listAt(service, 'spec', 'ports').map(toPort),
    createdAt: timeAt(metadata, 'creationTimestamp'),
    deletedAt: timeAt(metadata, 'deletionTimestamp'),
  }
}

function toPort(port: unknown): KubernetesServicePort {
  const number = numberAt(port, 'port')
  return {
    name: textAt(port, 'name'),
    protocol: textAt(port, 'protocol') || 'TCP',
    port: number,
    targetPort: textAt(port, 'targetPort') || numberAt(port, 'targetPort') || number,
    nodePort: numberAt(port, 'nodePort') || null,
  }
}

/** What the gateway takes of an EndpointSlice. */
export function fromEndpointSlice(slice: KubernetesObject): KubernetesEndpoints {
  return {
    name: slice.metadata.name,
    namespace: textAt(slice.metadata, 'namespace'),
    service: textAt(slice.metadata, 'labels', 'kubernetes.io/service-name'),
    ports: listAt(slice, 'ports').map(toEndpointPort),
    endpoints: listAt(slice, 'endpoints').flatMap(endpoint => {
      const [address] = texts(listAt(endpoint, 'addresses'))
      // a condition that is not said counts as true
      const ready = at(endpoint, 'conditions', 'ready') !== false
      return address === undefined ? [] : [endpointOf(endpoint, { address, ready })]
    }),
  }
}

/** What the gateway takes of an Endpoints object, which bears its service's name. */
export function fromEndpoints(object: KubernetesObject): KubernetesEndpoints {
  const { name } = object.metadata
  const subsets = listAt(object, 'subsets')
  return {
    name,
    namespace: textAt(object.metadata, 'namespace'),
    service: name,
    ports: subsets.slice(0, 1).flatMap(subset => listAt(subset, 'ports').map(toEndpointPort)),
    endpoints: subsets.flatMap(subset => [
      ...listAt(subset, 'addresses').map(each => endpointOf(each, { address: textAt(each, 'ip'), ready: true })),
      ...listAt(subset, 'notReadyAddresses').map(each =>
        endpointOf(each, { address: textAt(each, 'ip'), ready: false }),
      ),
    ]),
  }
}

function endpointOf(endpoint: unknown, { address, ready }: { address: string; ready: boolean }) {
  const isPod = textAt(endpoint, 'targetRef', 'kind') === 'Pod'
  return {
    address,
    ready,
    node: textAt(endpoint, 'nodeName'),
    pod: isPod ? textAt(endpoint, 'targetRef', 'name') : '',
  }
}

function toEndpointPort(port: unknown) {
  return { name: textAt(port, 'name'), protocol: textAt(port, 'protocol') || 'TCP', port: numberAt(port, 'port') }
}

function texts(values: unknown[]): string[] {
  return values.filter(value => typeof value === 'string' && value !== '').map(String)
}
