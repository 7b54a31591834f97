import type { KubernetesTransport } from '../../src/drivers/kubernetes/transport.ts'
import { rawPod } from './pods.ts'

const namespace = 'bench'
const atOnce = 16

const pathOf = (name: string) => `/api/v1/namespaces/${namespace}/pods/${name}`
const nameOf = (index: number) => `web-5d9c7b8f6d-${index.toString(36).padStart(5, '0')}`

/**
 * Puts pods into an API server that no scheduler takes, with the status of running ones: lists and events are as large as
 * of pods that run, and no node has work by them.
 */
export async function createPods(transport: KubernetesTransport, count: number): Promise<void> {
  await transport.request({
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  })
  await transport.request({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts`,
    body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'web' } },
  })
  let next = 0
  const worker = async () => {
    for (let index = next++; index < count; index = next++) await createPod(transport, index)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

async function createPod(transport: KubernetesTransport, index: number): Promise<void> {
  const { status } = rawPod(index)
  const name = nameOf(index)
  await transport.request({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/pods`,
    body: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: { app: 'web', 'pod-template-hash': '5d9c7b8f6d' } },
      spec: {
        schedulerName: 'nobody',
        serviceAccountName: 'web',
        containers: [{ name: 'web', image: 'docker.io/library/nginx:1.29' }],
      },
    },
  })
  await transport.request({
    method: 'PATCH',
    path: `${pathOf(name)}/status`,
    contentType: 'application/merge-patch+json',
    body: { status },
  })
}

/** Changes one of the pods: its label `seq`, which both the API server's events and the gateway's show. */
export async function changePod(transport: KubernetesTransport, index: number, seq: number): Promise<void> {
  await transport.request({
    method: 'PATCH',
    path: pathOf(nameOf(index)),
    contentType: 'application/merge-patch+json',
    body: { metadata: { labels: { seq: String(seq) } } },
  })
}
