import type { Clock } from '../../clock.ts'
import { startDeadline } from '../../deadline.ts'
import { messageOf } from '../../errors.ts'
import { hasStatus, isTransient, KubernetesError } from './errors.ts'
import { listAll } from './listing.ts'
import { at, type KubernetesObject, keyOf, listAt, textAt } from './objects.ts'
import { forEachLimit } from './parallel.ts'
import type { KubernetesTransport } from './transport.ts'
import { minorVersion } from './version.ts'

export interface DrainOptions {
  transport: KubernetesTransport
  clock: Clock
  node: string
  timeoutMs: number
  signal: AbortSignal
}

const evictionRetryMs = 5_000
const pollMs = 500
const concurrency = 8

/**
 * Cordons a node, evicts the pods that are on it and waits until they are gone, as
 * `kubectl drain --ignore-daemonsets --delete-emptydir-data --force` does: mirror pods and those of a DaemonSet stay,
 * finished ones go. An eviction that a PodDisruptionBudget forbids is tried again every 5 s. A node that is not there
 * is drained. Rejects after `timeoutMs` with an error that names the pods left and what holds them, with the signal's
 * reason, or with the API server's refusal.
 */
export async function drainNode(options: DrainOptions): Promise<void> {
  const { transport, clock, node, timeoutMs } = options
  const deadline = startDeadline({ clock, timeoutMs, signal: options.signal, expired: () => timedOut() })
  const { signal } = deadline
  /** Why a pod is still there, by key. */
  let holding = new Map<string, string>()
  const accepted = new Set<string>()
  let nextTry = 0

  function timedOut(): Error {
    const left = [...holding].map(([key, why]) => `${key} (${why})`).join(', ')
    return new Error(`node ${node} was not drained within ${timeoutMs / 1000} s${left === '' ? '' : `: ${left}`}`)
  }

  /** Repeats what fails because the API server does not answer just now. */
  async function persist<T>(act: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await act()
      } catch (error) {
        signal.throwIfAborted()
        if (!isTransient(error)) throw error
        await clock.sleep(pollMs, signal)
      }
    }
  }

  const podsOnNode = async () => {
    const { items } = await listAll({ transport, path: '/api/v1/pods', fieldSelector: `spec.nodeName=${node}`, signal })
    return items
  }

  async function evict(pod: KubernetesObject, apiVersion: string): Promise<void> {
    try {
      await transport.request(evictionOf(pod, apiVersion, signal))
      accepted.add(pod.metadata.uid)
      holding.set(keyOf(pod), 'terminating')
    } catch (error) {
      signal.throwIfAborted()
      if (!isRetried(error, pod)) throw new Error(`evicting ${keyOf(pod)}: ${messageOf(error)}`, { cause: error })
      holding.set(keyOf(pod), messageOf(error))
      if (error instanceof KubernetesError && error.status < 500) nextTry = clock.now() + evictionRetryMs
    }
  }

  try {
    if (!(await persist(() => cordon(transport, node, signal)))) return
    const apiVersion = await persist(() => evictionVersion(transport, signal))
    const toGo = new Set((await persist(podsOnNode)).filter(mustGo).map(pod => pod.metadata.uid))
    for (;;) {
      const left = (await persist(podsOnNode)).filter(pod => toGo.has(pod.metadata.uid))
      if (left.length === 0) return
      holding = new Map(left.map(pod => [keyOf(pod), holding.get(keyOf(pod)) ?? 'not evicted yet']))
      if (clock.now() >= nextTry) {
        const waiting = left.filter(pod => !accepted.has(pod.metadata.uid))
        await forEachLimit(waiting, concurrency, pod => evict(pod, apiVersion))
      }
      await clock.sleep(pollMs, signal)
    }
  } finally {
    deadline.end()
  }
}

/** Whether the node is there. */
async function cordon(transport: KubernetesTransport, node: string, signal: AbortSignal): Promise<boolean> {
  try {
    await transport.request({
      method: 'PATCH',
      path: `/api/v1/nodes/${encodeURIComponent(node)}`,
      contentType: 'application/merge-patch+json',
      body: { spec: { unschedulable: true } },
      signal,
    })
    return true
  } catch (error) {
    if (hasStatus(error, 404)) return false
    throw error
  }
}

/** policy/v1 evictions came with Kubernetes 1.22. */
async function evictionVersion(transport: KubernetesTransport, signal: AbortSignal): Promise<string> {
  return (await minorVersion(transport, signal)) < 22 ? 'policy/v1beta1' : 'policy/v1'
}

/** By its uid, so that a StatefulSet's next pod of the same name is not meant. */
function evictionOf(pod: KubernetesObject, apiVersion: string, signal: AbortSignal) {
  const namespace = textAt(pod.metadata, 'namespace')
  const { name, uid } = pod.metadata
  return {
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/pods/${name}/eviction`,
    body: {
      apiVersion,
      kind: 'Eviction',
      metadata: { name, namespace },
      deleteOptions: { preconditions: { uid } },
    },
    signal,
  } as const
}

/** 404: the pod has gone, 409 another of its name: the next list tells. 403 lasts while its namespace goes away. */
function isRetried(error: unknown, pod: KubernetesObject): boolean {
  if (isTransient(error) || hasStatus(error, 404, 409)) return true
  const terminating = error instanceof KubernetesError && error.causes.includes('NamespaceTerminating')
  return terminating || at(pod.metadata, 'deletionTimestamp') !== undefined
}

/** After kubectl's pkg/drain/filters.go. */
function mustGo(pod: KubernetesObject): boolean {
  if (at(pod.metadata, 'annotations', 'kubernetes.io/config.mirror') !== undefined) return false
  const finished = ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase'))
  return finished || !listAt(pod.metadata, 'ownerReferences').some(isDaemonSetController)
}

function isDaemonSetController(owner: unknown): boolean {
  return at(owner, 'controller') === true && textAt(owner, 'kind') === 'DaemonSet'
}
