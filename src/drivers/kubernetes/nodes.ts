import type { KubernetesCondition, KubernetesNode } from './access.ts'
import { at, type KubernetesObject, listAt, objectAt, textAt, textsAt, timeAt } from './objects.ts'

/** What the gateway shows of a Node object. One without a Ready condition is not ready. */
export function toKubernetesNode(node: KubernetesObject): KubernetesNode {
  const conditions = listAt(node, 'status', 'conditions')
  const condition = conditions.find(condition => textAt(condition, 'type') === 'Ready')
  const ready = textAt(condition, 'status') === 'True'
  const info = objectAt(node, 'status', 'nodeInfo')
  const reportedAt = Date.parse(textAt(condition, 'lastHeartbeatTime'))
  return {
    name: node.metadata.name,
    ready,
    reportedAt: Number.isNaN(reportedAt) ? null : reportedAt,
    message: ready ? '' : textAt(condition, 'message') || 'the kubelet has not reported its state',
    schedulable: at(node, 'spec', 'unschedulable') !== true,
    ...(isTainted(node) ? { tainted: true } : {}),
    kubeletVersion: textAt(info, 'kubeletVersion'),
    kernel: textAt(info, 'kernelVersion'),
    os: textAt(info, 'osImage'),
    containerRuntime: textAt(info, 'containerRuntimeVersion'),
    conditions: conditions.map(toCondition),
    capacity: textsAt(node, 'status', 'capacity'),
    allocatable: textsAt(node, 'status', 'allocatable'),
    labels: textsAt(node.metadata, 'labels'),
  }
}

function isTainted(node: KubernetesObject): boolean {
  return listAt(node, 'spec', 'taints').some(taint => ['NoSchedule', 'NoExecute'].includes(textAt(taint, 'effect')))
}

/** Without the time of the last heartbeat, which would make a change of every one. */
function toCondition(condition: unknown): KubernetesCondition {
  return {
    type: textAt(condition, 'type'),
    status: textAt(condition, 'status'),
    reason: textAt(condition, 'reason'),
    message: textAt(condition, 'message'),
    since: timeAt(condition, 'lastTransitionTime'),
  }
}
