import type { Order } from '../../../engine/orders/schema.ts'
import { metadata } from './common.ts'

export const orderExample: Order = {
  id: '71b60598-e176-4357-95b0-0e75e586363a',
  name: '71b60598-e176-4357-95b0-0e75e586363a',
  owner: 'admin',
  labels: {},
  resourceUnit: '2-Unit-Resource',
  portSpecification: 'User Specified Service Port',
  memory: '2Gi',
  cpu: '500m',
  duration: 100,
  expiresAt: '2026-11-25T12:00:00.000Z',
  status: 'ServiceRunning',
  message: null,
  deployment: {
    region: 'ausrine',
    cluster: 'alex',
    namespace: 'order-71b60598-e176-4357-95b0-0e75e586363a',
    pod: '71b60598-e176-4357-95b0-0e75e586363a-c57f44868-s7drh',
    stopped: false,
    containers: [
      {
        name: 'container1',
        image: 'nginx',
        memory: '100Mi',
        ports: [{ containerPort: 80, hostPort: 2999, protocol: 'TCP' }],
      },
    ],
  },
  amount: 18000,
  amountPaid: 18000,
  serviceID: '',
  service: 'Container Service',
  serviceCategoryID: '',
  provider: 'v-kube-service',
  address: '',
  recipient: '',
  publicKey: '',
  simulated: false,
  updatedAt: '2026-11-21T08:00:00.000Z',
  metadata,
}
