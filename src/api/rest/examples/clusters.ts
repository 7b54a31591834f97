import type { Cluster } from '../../../engine/clusters/schema.ts'
import { image, metadata } from './common.ts'

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

export const kubeconfigExample = `apiVersion: v1
kind: Config
clusters:
- name: kindgate-alex
  cluster:
    server: https://127.0.0.1:20517
    certificate-authority-data: LS0t…
`
