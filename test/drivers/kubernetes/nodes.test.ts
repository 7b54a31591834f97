import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toKubernetesNode } from '../../../src/drivers/kubernetes/nodes.ts'

const metadata = { name: 'node-1', uid: 'u', resourceVersion: '1', labels: { 'kubernetes.io/os': 'linux' } }
const nodeInfo = {
  kubeletVersion: 'v1.34.4',
  kernelVersion: '6.12.0',
  osImage: 'Debian GNU/Linux 13 (trixie)',
  operatingSystem: 'linux',
}
const ready = (status: string, message: string) => [
  { type: 'MemoryPressure', status: 'False', message: 'enough' },
  { type: 'Ready', status, message, lastHeartbeatTime: '2026-11-21T08:00:00Z' },
]

describe('toKubernetesNode', () => {
  it('maps a ready node', () => {
    const status = { nodeInfo, conditions: ready('True', 'kubelet is posting ready status') }
    assert.deepEqual(toKubernetesNode({ metadata, spec: {}, status }), {
      name: 'node-1',
      ready: true,
      reportedAt: Date.UTC(2026, 10, 21, 8),
      message: '',
      schedulable: true,
      kubeletVersion: 'v1.34.4',
      kernel: '6.12.0',
      os: 'Debian GNU/Linux 13 (trixie)',
      labels: { 'kubernetes.io/os': 'linux' },
    })
  })

  for (const status of ['False', 'Unknown']) {
    it(`says why a node whose Ready is ${status} is not ready`, () => {
      const conditions = ready(status, 'Kubelet stopped posting node status.')
      const node = toKubernetesNode({ metadata, spec: { unschedulable: true }, status: { nodeInfo, conditions } })
      assert.deepEqual(
        [node.ready, node.message, node.schedulable],
        [false, 'Kubelet stopped posting node status.', false],
      )
    })
  }

  it('takes a node that has just registered and has no status', () => {
    const node = toKubernetesNode({ metadata: { name: 'new', uid: 'u', resourceVersion: '1' } })
    assert.deepEqual(node, {
      name: 'new',
      ready: false,
      reportedAt: null,
      message: 'the kubelet has not reported its state',
      schedulable: true,
      kubeletVersion: '',
      kernel: '',
      os: '',
      labels: {},
    })
  })
})
