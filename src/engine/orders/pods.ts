import { hasStatus } from '../../drivers/kubernetes/errors.ts'
import { type JsonObject, listAt, objectAt, textAt } from '../../drivers/kubernetes/objects.ts'
import { GatewayError } from '../../errors.ts'
import type { OrderClusters } from './clusters.ts'
import type { Refusals } from './refusals.ts'
import type { OrderState } from './state.ts'
import { podOf } from './view.ts'

/** An order's pod as Kubernetes has it. */
export interface PodStatus {
  /** Empty while there is none. */
  name: string
  podStatus: JsonObject
  podSpec: JsonObject
  annotations: JsonObject
}

export interface PodLogQuery {
  /** The first one when absent. */
  container?: string
  /** The last so many lines. */
  tailLines?: number
  follow?: boolean
}

export interface OrderPods {
  /**
   * As last seen; undefined while there is no pod. Where Kubernetes refuses what is deployed, `podStatus` has the reason
   * `Refused` and its message, beside a pod that was there before or by themselves.
   */
  status(orderId: string): PodStatus | undefined
  /**
   * The log's bytes as they arrive; none while the container has not started. Errors: NotFound (no pod, no such
   * container), Unavailable.
   */
  log(orderId: string, query: PodLogQuery, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
}

interface OrderPodsOptions {
  state: OrderState
  clusters: OrderClusters
  refusals: Pick<Refusals, 'of'>
}

export function createOrderPods({ state, clusters, refusals }: OrderPodsOptions): OrderPods {
  /** What Kubernetes says against what is deployed now, in the words of a pod's status. */
  function refusalOf(orderId: string): { reason: string; message: string } | undefined {
    const row = state.get(orderId)
    const message = row?.deployment ? refusals.of(row) : null
    return message === null ? undefined : { reason: 'Refused', message }
  }

  function find(orderId: string) {
    const row = state.get(orderId)
    const pod = row && podOf(row, clusters)
    const raw = pod && clusters.rawPod(pod.clusterId, pod.namespace, pod.name)
    return pod && raw ? { pod, raw } : undefined
  }

  return {
    status(orderId) {
      const found = find(orderId)
      const refusal = refusalOf(orderId)
      if (!found)
        return refusal && { name: '', podStatus: { phase: 'Pending', ...refusal }, podSpec: {}, annotations: {} }
      return {
        name: found.pod.name,
        podStatus: { ...objectAt(found.raw, 'status'), ...refusal },
        podSpec: objectAt(found.raw, 'spec'),
        annotations: objectAt(found.raw, 'metadata', 'annotations'),
      }
    },

    async log(orderId, { container, ...query }, signal) {
      const found = find(orderId)
      if (!found) {
        const refusal = refusalOf(orderId)
        throw new GatewayError('NotFound', refusal ? `there is no pod: ${refusal.message}` : 'there is no pod')
      }
      const names = listAt(found.raw, 'spec', 'containers').map(each => textAt(each, 'name'))
      const chosen = container ?? names[0] ?? ''
      if (!names.includes(chosen))
        throw new GatewayError('NotFound', `there is no container ${JSON.stringify(chosen)}: ${names.join(', ')}`)
      const { clusterId, namespace, name } = found.pod
      const access = await clusters.access(clusterId)
      try {
        return await access.log({ namespace, pod: name, container: chosen, ...query }, signal)
      } catch (error) {
        // The container waits for its image, or to be started again.
        if (hasStatus(error, 400)) return nothing()
        if (hasStatus(error, 404)) throw new GatewayError('NotFound', 'there is no pod', { cause: error })
        if (signal.aborted) throw error
        throw new GatewayError('Unavailable', 'the cluster does not give the log now', { cause: error })
      }
    },
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
