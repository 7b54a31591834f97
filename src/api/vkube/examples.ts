/** Examples of the V-Kube API guide, as they are there. */
export const orderExample = {
  createdAt: 1620962741,
  updatedAt: 1620962788,
  duration: 100,
  serviceExpiredDate: '',
  amount: 18000,
  amountPaid: 18000,
  serviceID: '9xxxxxx0xxx6exxxxxxxxx',
  service: 'Container Service',
  serviceCategoryID: 'xxxxxxxxxxxxxxxxxxxxxxxx',
  provider: 'v-kube-service',
  address: 'xxxxxxxxxxxxxxxxxxxxxxxx',
  recipient: 'xxxxxxxxxxxxxxxxxxxxxxxx',
  id: 'xxxxxxxxxxxxxxxxxxxxxxxx',
  serviceOptions: { portSpecification: 'User Specified Service Port', resourceUnit: '2-Unit-Resource' },
  status: 'OrderFiled',
  publicKey: '',
}

export const podStatusExample = {
  name: '71b60598-e176-4357-95b0-0e75e586363a-c57f44868-s7drh',
  podStatus: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', lastProbeTime: null, lastTransitionTime: '2021-05-13T08:37:52Z' }],
    hostIP: '158.69.246.226',
    podIP: '10.1.251.97',
    podIPs: [{ ip: '10.1.251.97' }],
    startTime: '2021-05-13T08:37:46Z',
    containerStatuses: [
      {
        name: 'nginx-test',
        state: { running: { startedAt: '2021-05-13T08:37:52Z' } },
        lastState: {},
        ready: true,
        restartCount: 0,
        image: 'docker.io/library/nginx:latest',
        started: true,
      },
    ],
    qosClass: 'Burstable',
  },
  podSpec: {
    containers: [
      {
        name: 'nginx-test',
        image: 'nginx',
        ports: [{ hostPort: 2999, containerPort: 80, protocol: 'TCP' }],
        resources: { limits: { memory: '2Gi' }, requests: { cpu: '513m', memory: '2Gi' } },
      },
    ],
    restartPolicy: 'Always',
    nodeSelector: { region: 'giltine' },
    nodeName: 'giltine',
  },
  annotations: { 'kubernetes.io/egress-bandwidth': '1024M', 'kubernetes.io/ingress-bandwidth': '1024M' },
}

export const portCheckExample = { occupied: [22, 3306], status: 'PortsOccupied' }

export const deployedExample = {
  name: '71b60598-e176-4357-95b0-0e75e586363a',
  region: 'ausrine',
  ports: [{ containerPort: 80, hostPort: 2999, protocol: 'TCP' }],
  status: '/api/v1/k8s/pod/status',
}

export const logExample =
  '/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration\n'
