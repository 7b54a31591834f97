import type { Balancer } from '../../../engine/balancers/schema.ts'
import { clusterExample } from './clusters.ts'
import { metadata } from './common.ts'
import { nodeExample } from './nodes.ts'

export const balancerExample: Balancer = {
  id: '0e945c5e-647a-4b12-9621-aa6731ff6a63:80/tcp@8c1b7c55-54f1-4b4e-9d0e-2f6a7c3d1e9b',
  name: 'alex/default/web:80/tcp@node-2b251a2c.localhost',
  cluster: 'alex',
  clusterId: clusterExample.id,
  owner: 'admin',
  namespace: 'default',
  service: 'web',
  vip: '203.0.113.10',
  vipPort: 80,
  protocol: 'tcp',
  scheduler: 'rr',
  forward: 'm',
  rip: '172.28.0.3',
  ripPort: 30080,
  weight: 1,
  activeConnections: 2,
  node: 'node-2b251a2c.localhost',
  nodeId: nodeExample.containerId,
  driver: 'userspace',
  state: 'ready',
  message: '',
  labels: { app: 'web' },
  simulated: false,
  metadata: { ...metadata, createdAt: null },
}
