import type { Balancer } from '../../engine/balancers/schema.ts'
import type { Cluster } from '../../engine/clusters/schema.ts'
import type { Image } from '../../engine/images/schema.ts'
import type { HostNetworks, Network } from '../../engine/networks/schema.ts'
import type { Node, Process } from '../../engine/nodes/schema.ts'
import type { Operation } from '../../engine/operations/schema.ts'
import type { Order } from '../../engine/orders/schema.ts'
import type { Pod } from '../../engine/pods/schema.ts'
import type { Ref } from '../../engine/refs/schema.ts'
import type { Service } from '../../engine/services/schema.ts'
import type { Version } from '../../engine/versions.ts'

const metadata = { resourceVersion: '1763712000000042', createdAt: '2026-11-21T08:00:00.000Z', generation: 1 }
const image = 'kindest/node:v1.34.4'

export const clusterExample: Cluster = {
  id: '3f0c9c2e-0f6c-4a50-8f0e-3b1f4f0c5f77',
  name: 'alex',
  owner: 'admin',
  managedBy: 'kindgate',
  labels: { team: 'payments' },
  region: null,
  image,
  imageDigest: null,
  kubernetesVersion: 'v1.34.4',
  domain: 'localhost',
  nodes: 3,
  readyNodes: 3,
  running: true,
  state: 'ready',
  message: '',
  network: { name: 'kindgate-alex', subnet: '172.28.0.0/24' },
  apiServer: 'https://127.0.0.1:20517',
  simulated: false,
  metadata,
}

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

export const networkExample: Network = {
  id: clusterExample.id,
  name: 'kindgate-alex',
  kind: 'cluster',
  cluster: 'alex',
  addresses: [],
  size: null,
  used: null,
  owner: 'admin',
  subnet: '172.28.0.0/24',
  gateway: '172.28.0.1',
  state: 'ready',
  simulated: false,
  metadata,
}

export const poolExample: Network = {
  ...networkExample,
  id: '6d7e8c0a-5f0b-4a1e-9a51-0f6f6f0f3a11',
  name: 'pool-5e2f9c1a',
  kind: 'pool',
  cluster: '',
  owner: null,
  subnet: null,
  gateway: null,
  addresses: ['203.0.113.10', '203.0.113.16/28'],
  size: 17,
  used: 2,
}

export const hostNetworksExample: HostNetworks = {
  host: 'gate-1',
  docker: 'unix:///var/run/docker.sock',
  items: [
    {
      interface: 'eth0',
      address: '198.51.100.7',
      prefixLength: 24,
      family: 'IPv4',
      mac: '52:54:00:12:34:56',
      internal: false,
    },
  ],
}

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

export const operationExample: Operation = {
  id: '718bef86-7dfe-46c0-bf4e-3dfea83c6c28',
  name: '718bef86-7dfe-46c0-bf4e-3dfea83c6c28',
  action: 'createCluster',
  target: { kind: 'cluster', name: 'alex' },
  cluster: 'alex',
  owner: 'admin',
  state: 'running',
  step: 3,
  message: '3 of 7: joining 2 workers',
  steps: [
    {
      name: 'join',
      title: 'joining 2 workers',
      state: 'running',
      startedAt: '2026-11-21T08:00:12.000Z',
      finishedAt: null,
    },
  ],
  error: null,
  startedAt: '2026-11-21T08:00:00.000Z',
  finishedAt: null,
  simulated: false,
  metadata,
}

export const endedOperationExample: Operation = {
  ...operationExample,
  state: 'succeeded',
  step: 7,
  message: 'the cluster is ready',
  steps: operationExample.steps.map(step => ({ ...step, state: 'succeeded', finishedAt: '2026-11-21T08:00:19.000Z' })),
  finishedAt: '2026-11-21T08:00:20.000Z',
}

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

export const refExample: Ref = {
  id: '0c1a6f0e-8c49-4f5f-a2f5-5b8f6d1f7a11',
  name: 'platform/kubefox/release/demo/dev',
  kind: 'release',
  owner: 'admin',
  title: null,
  description: null,
  head: null,
  platform: 'kubefox',
  system: 'demo/branch/main',
  systemId: 'a909eca',
  environment: 'dev/tag/v1.0',
  environmentId: '5defc4d7-4651-4f2c-a217-a876a30b4042',
  cluster: 'alex',
  namespace: 'kfr-demo-dev',
  ready: true,
  components: { 'hello-a909eca': { ready: true } },
  message: '',
  simulated: false,
  metadata,
}

export const imageExample: Image = {
  name: image,
  local: true,
  id: 'sha256:3eea0d32f3e7a1c5b9d84f6e2a0c7b5d9e1f3a8c6b4d2e0f9a7c5b3d1e8f6a4c',
  digest: null,
  size: 987654321,
  default: true,
  simulated: false,
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

export const versionExample: Version = {
  version: '0.1.0',
  runtime: 'docker',
  simulated: false,
  docker: { version: '28.2.2', apiVersion: '1.50', os: 'linux', arch: 'amd64' },
  node: 'v24.21.0',
  staleSince: null,
}

export const kubeconfigExample = `apiVersion: v1
kind: Config
clusters:
- name: kindgate-alex
  cluster:
    server: https://127.0.0.1:20517
    certificate-authority-data: LS0t…
`

/** By the name of their schema. */
export const resourceExamples: Record<string, object> = {
  Cluster: clusterExample,
  Node: nodeExample,
  Process: processExample,
  Pod: podExample,
  Service: serviceExample,
  Network: networkExample,
  HostNetworks: hostNetworksExample,
  Balancer: balancerExample,
  Image: imageExample,
  Operation: operationExample,
  Order: orderExample,
  OrderMade: { order: orderExample, secret: '4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM' },
  Ref: refExample,
  Version: versionExample,
}
