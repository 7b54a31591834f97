import type { Static } from '@sinclair/typebox'
import type { Engine } from '../../../engine/api.ts'
import type { Pod } from '../../../engine/pods/schema.ts'
import type { Service } from '../../../engine/services/schema.ts'
import type { podElement, serviceElement } from '../messages/elements.schema.ts'
import { createSource, type Source } from './source.ts'

export function podSource({ pods }: Pick<Engine['tables'], 'pods'>, stamp: () => number): Source {
  return createSource<Pod>({
    key: 'pods',
    subcommand: 'SUBCMD_POD',
    table: pods,
    stamp,
    elements: (pod, gone) => [
      {
        name: pod.name,
        id: pod.id,
        namespace: pod.namespace,
        address: pod.podIP ?? '',
        status: gone ? 'deleted' : statusOf(pod),
        ready: isReady(pod) ? 1 : 0,
        started: pod.started && pod.phase === 'Running' ? 1 : 0,
        node: pod.node ?? '',
        node_status: pod.nodeStatus ?? '',
        cluster: pod.cluster,
        user: pod.owner ?? '',
        cluster_id: pod.clusterId,
      } satisfies Static<typeof podElement>,
    ],
    names: pod => [pod.name, `${pod.namespace}/${pod.name}`, pod.cluster],
    ids: pod => [pod.id, pod.clusterId],
  })
}

/** A service has an element for each port; one without ports is not shown. */
export function serviceSource({ services }: Pick<Engine['tables'], 'services'>, stamp: () => number): Source {
  return createSource<Service>({
    key: 'services',
    subcommand: 'SUBCMD_SERVICE',
    table: services,
    stamp,
    elements: (service, gone) =>
      service.ports.map(
        port =>
          ({
            name: service.name,
            id: service.id,
            namespace: service.namespace,
            address: service.clusterIP ?? '',
            external_address: service.externalAddresses[0] ?? '',
            type: service.type,
            port_name: port.name,
            port_number: port.port,
            target_port: typeof port.targetPort === 'number' ? port.targetPort : 0,
            node_port: port.nodePort ?? 0,
            protocol: port.protocol,
            cluster: service.cluster,
            user: service.owner ?? '',
            ...(gone ? { status: 'deleted' as const } : {}),
          }) satisfies Static<typeof serviceElement>,
      ),
    names: service => [service.name, `${service.namespace}/${service.name}`, service.cluster],
    ids: service => [service.id, service.clusterId],
  })
}

/** QBO shows a pod that is done by its phase, where kubectl says `Completed`. */
function statusOf({ status }: Readonly<Pod>): string {
  return status === 'Completed' ? 'Succeeded' : status
}

/** `1/1`: as many containers are ready as there are. */
function isReady({ ready }: Readonly<Pod>): boolean {
  const [some, all] = ready.split('/')
  return some === all && some !== '0'
}
