import type { Node, Process } from '../../../engine/nodes/schema.ts'
import { clusterExample } from './clusters.ts'
import { image, metadata } from './common.ts'

export const nodeExample: Node = {
  id: '8c1b7c55-54f1-4b4e-9d0e-2f6a7c3d1e9b',
  containerId: 'b5e5c1f0a3d94e6c8b7a2f1e0d9c8b7a6f5e4d3c2b1a09f8e7d6c5b4a3f2e1d0',
  name: 'node-2b251a2c.localhost',
  cluster: 'alex',
  clusterId: clusterExample.id,
  owner: 'admin',
  role: 'worker',
  image,
  running: true,
  state: 'ready',
  message: '',
  address: '172.28.0.3',
  kubernetesVersion: 'v1.34.4',
  os: 'Debian GNU/Linux 12 (bookworm)',
  kernel: '6.1.0-25-amd64',
  containerRuntime: 'containerd://2.1.3',
  schedulable: true,
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'KubeletReady',
      message: 'kubelet is posting ready status',
      since: '2026-11-21T08:00:19Z',
    },
  ],
  capacity: { cpu: '4', memory: '8145400Ki', pods: '110' },
  allocatable: { cpu: '4', memory: '8145400Ki', pods: '110' },
  labels: { 'kubernetes.io/hostname': 'node-2b251a2c.localhost' },
  simulated: false,
  metadata,
}

export const processExample: Process = {
  pid: 4242,
  ppid: 4200,
  tid: 4242,
  user: 'root',
  state: 'Ssl',
  cpu: 1.5,
  rss: 98304,
  command: 'kubelet',
  args: '/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml',
}
