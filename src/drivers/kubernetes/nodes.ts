import type { KubernetesNode } from './access.ts'
import { at, type KubernetesObject, listAt, objectAt, textAt } from './objects.ts'

/** What the gateway shows of a Node object. One without a Ready condition is not ready. */
export function toKubernetesNode(node: KubernetesObject): KubernetesNode {
  const condition = listAt(node, 'status', 'conditions').find(condition => textAt(condition, 'type') === 'Ready')
  const ready = textAt(condition, 'status') === 'True'
  const info = objectAt(node, 'status', 'nodeInfo')
  const reportedAt = Date.parse(textAt(condition, 'lastHeartbeatTime'))
  return {
    name: node.metadata.name,
    ready,
    reportedAt: Number.isNaN(reportedAt) ? null : reportedAt,
    message: ready ? '' : textAt(condition, 'message') || 'the kubelet has not reported its state',
    schedulable: at(node, 'spec', 'unschedulable') !== true,
    kubeletVersion: textAt(info, 'kubeletVersion'),
    kernel: textAt(info, 'kernelVersion'),
    os: textAt(info, 'osImage'),
    labels: labelsOf(node),
  }
}

function labelsOf(node: KubernetesObject): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const [key, value] of Object.entries(objectAt(node.metadata, 'labels'))) {
    if (typeof value === 'string') labels[key] = value
  }
  return labels
}
