import type { Pod } from '../../../engine/pods/schema.ts'
import { clusterExample } from './clusters.ts'
import { metadata } from './common.ts'
import { nodeExample } from './nodes.ts'

export const podExample: Pod = {
  id: 'ccd97ea6-aa48-46ea-a36b-8589dd680ad9',
  name: 'web-5d9c7b8f6d-x2x4z',
  namespace: 'default',
  cluster: 'alex',
  clusterId: clusterExample.id,
  owner: 'admin',
  node: nodeExample.name,
  nodeStatus: 'ready',
  status: 'Running',
  phase: 'Running',
  message: '',
  ready: '1/1',
  started: true,
  restarts: 0,
  podIP: '10.244.1.9',
  hostIP: '172.28.0.3',
  hostPorts: [],
  containers: [{ name: 'web', image: 'docker.io/library/nginx:1.29', ready: true, restarts: 0, init: false }],
  controller: 'ReplicaSet/web-5d9c7b8f6d',
  labels: { app: 'web', 'pod-template-hash': '5d9c7b8f6d' },
  startedAt: '2026-11-21T08:01:00Z',
  deletedAt: null,
  simulated: false,
  metadata: { ...metadata, createdAt: '2026-11-21T08:01:00Z', generation: 0 },
}
