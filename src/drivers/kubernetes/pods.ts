import type { KubernetesContainer, KubernetesPod } from './access.ts'
import { at, type KubernetesObject, listAt, numberAt, textAt, textsAt, timeAt } from './objects.ts'
import { podStatus } from './pod-status.ts'

/** What the gateway shows of a Pod object. */
export function toKubernetesPod(pod: KubernetesObject): KubernetesPod {
  const { metadata } = pod
  const { status, ready, total, restarts } = podStatus(pod)
  const labels = textsAt(metadata, 'labels')
  const statuses = listAt(pod, 'status', 'containerStatuses')
  return {
    uid: metadata.uid,
    name: metadata.name,
    namespace: textAt(metadata, 'namespace'),
    labels,
    node: textAt(pod, 'spec', 'nodeName'),
    phase: textAt(pod, 'status', 'phase') || 'Pending',
    status,
    message: messageIn(pod),
    readyContainers: ready,
    totalContainers: total,
    containers: containersOf(pod),
    restarts,
    started: statuses.length > 0 && statuses.every(container => at(container, 'started') === true),
    podIP: textAt(pod, 'status', 'podIP'),
    hostIP: textAt(pod, 'status', 'hostIP'),
    hostPorts: hostPortsOf(pod),
    controller: controllerOf(pod),
    createdAt: timeAt(metadata, 'creationTimestamp'),
    startedAt: timeAt(pod, 'status', 'startTime'),
    deletedAt: timeAt(metadata, 'deletionTimestamp'),
    raw: labels['app.kubernetes.io/managed-by'] === 'kindgate' ? pod : null,
  }
}

function containersOf(pod: KubernetesObject): KubernetesContainer[] {
  const kinds = [
    ['initContainers', 'initContainerStatuses'],
    ['containers', 'containerStatuses'],
  ] as const
  return kinds.flatMap(([specs, statuses]) =>
    listAt(pod, 'spec', specs).map(container => {
      const name = textAt(container, 'name')
      const status = listAt(pod, 'status', statuses).find(each => textAt(each, 'name') === name)
      return {
        name,
        image: textAt(container, 'image'),
        ready: at(status, 'ready') === true,
        restarts: numberAt(status, 'restartCount'),
        init: specs === 'initContainers',
      }
    }),
  )
}

/** The pod's own words, else those of the condition or the container that is in the way. */
function messageIn(pod: KubernetesObject): string {
  const own = textAt(pod, 'status', 'message')
  if (own !== '') return clipped(own)
  const [scheduled] = listAt(pod, 'status', 'conditions').filter(
    condition => textAt(condition, 'type') === 'PodScheduled' && textAt(condition, 'status') === 'False',
  )
  if (scheduled !== undefined) return clipped(textAt(scheduled, 'message'))
  const statuses = [...listAt(pod, 'status', 'initContainerStatuses'), ...listAt(pod, 'status', 'containerStatuses')]
  const words = statuses.map(
    status => textAt(status, 'state', 'waiting', 'message') || textAt(status, 'state', 'terminated', 'message'),
  )
  return clipped(words.find(word => word !== '') ?? '')
}

/** A copy: a part of a text would keep all of it in memory. */
function clipped(text: string): string {
  return text.length <= 1024 ? text : Buffer.from(text.slice(0, 1024)).toString()
}

function hostPortsOf(pod: KubernetesObject): KubernetesPod['hostPorts'] {
  return listAt(pod, 'spec', 'containers')
    .flatMap(container => listAt(container, 'ports'))
    .filter(port => numberAt(port, 'hostPort') > 0)
    .map(port => ({
      containerPort: numberAt(port, 'containerPort'),
      hostPort: numberAt(port, 'hostPort'),
      protocol: textAt(port, 'protocol') || 'TCP',
    }))
}

function controllerOf(pod: KubernetesObject): string {
  const owner = listAt(pod.metadata, 'ownerReferences').find(reference => at(reference, 'controller') === true)
  return owner === undefined ? '' : `${textAt(owner, 'kind')}/${textAt(owner, 'name')}`
}
