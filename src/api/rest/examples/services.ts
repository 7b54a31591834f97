import type { Service } from '../../../engine/services/schema.ts'
import { clusterExample } from './clusters.ts'
import { metadata } from './common.ts'

export const serviceExample: Service = {
  id: '0e945c5e-647a-4b12-9621-aa6731ff6a63',
  name: 'web',
  namespace: 'default',
  cluster: 'alex',
  clusterId: clusterExample.id,
  owner: 'admin',
  type: 'LoadBalancer',
  clusterIP: '10.96.73.154',
  externalAddresses: ['203.0.113.10'],
  loadBalancerIP: null,
  loadBalancerClass: null,
  externalTrafficPolicy: 'Cluster',
  externalName: null,
  ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30217 }],
  selector: { app: 'web' },
  endpoints: 2,
  readyEndpoints: 2,
  readyNodes: ['node-2b251a2c.localhost', 'node-7fd1ed41.localhost'],
  labels: { app: 'web' },
  deletedAt: null,
  simulated: false,
  metadata: { ...metadata, createdAt: '2026-11-21T08:01:00Z', generation: 0 },
}
