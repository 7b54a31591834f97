import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toKubernetesNode } from '../../../src/drivers/kubernetes/nodes.ts'

const metadata = { name: 'node-1', uid: 'u', resourceVersion: '1', labels: { 'kubernetes.io/os': 'linux' } }
const nodeInfo = {
  containerRuntimeVersion: 'containerd://2.1.3',
  kubeletVersion: 'v1.34.4',
  kernelVersion: '6.12.0',
  osImage: 'Debian GNU/Linux 13 (trixie)',
  operatingSystem: 'linux',
}
const ready = (status: string, message: string) => [
  { type: 'MemoryPressure', status: 'False', message: 'enough' },
  {
    type: 'Ready',
    status,
    reason: 'KubeletReady',
    message,
    lastHeartbeatTime: '2026-11-21T08:00:00Z',
    lastTransitionTime: '2026-11-20T08:00:00Z',
  },
]

describe('toKubernetesNode', () => {
  it('maps a ready node', () => {
    const status = {
      nodeInfo,
      conditions: ready('True', 'kubelet is posting ready status'),
      capacity: { cpu: '2', pods: '110' },
      allocatable: { cpu: '1900m', pods: '110' },
    }
    assert.deepEqual(toKubernetesNode({ metadata, spec: {}, status }), {
      name: 'node-1',
      ready: true,
      reportedAt: Date.UTC(2026, 10, 21, 8),
      message: '',
      schedulable: true,
      kubeletVersion: 'v1.34.4',
      kernel: '6.12.0',
      os: 'Debian GNU/Linux 13 (trixie)',
      containerRuntime: 'containerd://2.1.3',
      conditions: [
        { type: 'MemoryPressure', status: 'False', reason: '', message: 'enough', since: null },
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'kubelet is posting ready status',
          since: '2026-11-20T08:00:00Z',
        },
      ],
      capacity: { cpu: '2', pods: '110' },
      allocatable: { cpu: '1900m', pods: '110' },
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
      containerRuntime: '',
      conditions: [],
      capacity: {},
      allocatable: {},
      labels: {},
    })
  })
})
