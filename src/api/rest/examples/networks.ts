import type { HostNetworks, Network } from '../../../engine/networks/schema.ts'
import { clusterExample } from './clusters.ts'
import { metadata } from './common.ts'

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
