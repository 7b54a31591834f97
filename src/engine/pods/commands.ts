import type { ClusterAccess } from '../../drivers/kubernetes/access.ts'
import { KubernetesError, TransportError } from '../../drivers/kubernetes/errors.ts'
import { listAt, textAt } from '../../drivers/kubernetes/objects.ts'
import type { ClusterPassage } from '../../drivers/kubernetes/passage.ts'
import { GatewayError } from '../../errors.ts'
import type { Principal } from '../accounts/principal.ts'
import { requireCluster } from '../clusters/guard.ts'
import type { Cluster } from '../clusters/schema.ts'
import type { ClusterConnections } from '../kubernetes/connections.ts'
import type { Table } from '../mirror/mirror.ts'
import type { PodCommands, PodRef, StreamOptions } from './api.ts'

export interface PodCommandDependencies {
  clusters: Table<Cluster>
  connections: Pick<ClusterConnections, 'access'>
}

export function createPodCommands({ clusters, connections }: PodCommandDependencies): PodCommands {
  const accessOf = (principal: Principal, cluster: string): Promise<ClusterAccess> =>
    connections.access(requireCluster(clusters, principal, cluster).id)

  async function passage(principal: Principal, cluster: string): Promise<ClusterPassage> {
    const access = await accessOf(principal, cluster)
    if (access.passage) return access.passage
    throw new GatewayError('Unavailable', `The cluster ${cluster} is simulated: it has no API server.`)
  }

  return {
    passage,

    async logs(principal, ref, options, signal) {
      const access = await accessOf(principal, ref.cluster)
      const { namespace, pod } = ref
      try {
        const log = await access.log({ namespace, pod, ...options }, signal)
        return options.follow ? endingQuietly(log, signal) : log
      } catch (error) {
        throw await podError(error, access, ref, options.container, signal)
      }
    },

    async remove(principal, ref, options, signal) {
      const access = await accessOf(principal, ref.cluster)
      const object = { apiVersion: 'v1', kind: 'Pod', namespace: ref.namespace, name: ref.pod }
      try {
        await access.remove(object, signal, { ...options, mustExist: true })
      } catch (error) {
        throw await podError(error, access, ref, undefined, signal)
      }
    },

    async stream(principal, ref, options, protocols, signal) {
      const way = await passage(principal, ref.cluster)
      try {
        return await way.webSocket(streamPath(ref, options), protocols, signal)
      } catch (error) {
        throw await podError(error, await accessOf(principal, ref.cluster), ref, options.container, signal)
      }
    },
  }
}

/** What is followed has no end that could be missed: a pod whose node dies cuts it, and that is its end. */
async function* endingQuietly(log: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* log
  } catch (error) {
    if (!signal.aborted && !(error instanceof TransportError)) throw error
  }
}

function streamPath({ namespace, pod }: PodRef, options: StreamOptions): string {
  const { verb, command, container, stdin, stdout, stderr, tty } = options
  const query = new URLSearchParams()
  for (const word of command) query.append('command', word)
  if (container !== undefined) query.set('container', container)
  for (const [name, value] of Object.entries({ stdin, stdout, stderr, tty })) query.set(name, String(value))
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/${verb}?${query}`
}

/** Says what is missing: Kubernetes itself tells no namespace from a pod, and a container in words only. */
async function podError(
  error: unknown,
  access: ClusterAccess,
  { namespace, pod }: PodRef,
  container: string | undefined,
  signal: AbortSignal,
): Promise<unknown> {
  if (error instanceof TransportError) return new GatewayError('Unavailable', `${error.message}.`, { cause: error })
  if (!(error instanceof KubernetesError)) return error
  if (error.status >= 500) return new GatewayError('Unavailable', error.message, { cause: error })
  const [found] = await access.list(
    { apiVersion: 'v1', kind: 'Pod', namespace, fieldSelector: `metadata.name=${pod}` },
    signal,
  )
  if (!found) {
    const [home] = await access.list(
      { apiVersion: 'v1', kind: 'Namespace', fieldSelector: `metadata.name=${namespace}` },
      signal,
    )
    const what = home ? `pod "${pod}" in the namespace ${namespace}` : `namespace "${namespace}"`
    return new GatewayError('NotFound', `There is no ${what}.`, { cause: error })
  }
  const containers = ['containers', 'initContainers', 'ephemeralContainers']
    .flatMap(key => listAt(found, 'spec', key))
    .map(each => textAt(each, 'name'))
  if (container !== undefined && !containers.includes(container))
    return new GatewayError(
      'NotFound',
      `There is no container "${container}" in ${pod}; there are ${containers.join(', ')}.`,
    )
  if (container === undefined && containers.length > 1)
    return new GatewayError('InvalidRequest', error.message, {
      faults: [{ where: '/query/container', what: `must be one of ${containers.join(', ')}` }],
    })
  return new GatewayError(error.status === 404 ? 'NotFound' : 'Conflict', error.message, { cause: error })
}
