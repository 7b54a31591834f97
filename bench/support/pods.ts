import type { KubernetesObject } from '../../src/drivers/kubernetes/objects.ts'

/** A pod as an API server gives it, of the size that a plain Deployment's has. */
export function rawPod(index: number, restartCount = 0): KubernetesObject {
  const name = `web-5d9c7b8f6d-${index.toString(36).padStart(5, '0')}`
  const since = '2026-11-21T08:01:00Z'
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: `team-${index % 10}`,
      uid: `ccd97ea6-aa48-46ea-a36b-${String(index).padStart(12, '0')}`,
      resourceVersion: `${1000 + index}${restartCount}`,
      creationTimestamp: since,
      labels: { app: 'web', 'pod-template-hash': '5d9c7b8f6d' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web-5d9c7b8f6d', controller: true }],
    },
    spec: {
      nodeName: `node-${index % 8}.localhost`,
      containers: [{ name: 'web', image: 'docker.io/library/nginx:1.29' }],
    },
    status: {
      phase: 'Running',
      hostIP: '172.28.0.3',
      podIP: `10.244.${Math.floor(index / 250) % 250}.${(index % 250) + 1}`,
      startTime: since,
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        {
          name: 'web',
          image: 'docker.io/library/nginx:1.29',
          ready: true,
          started: true,
          restartCount,
          state: { running: { startedAt: since } },
        },
      ],
    },
  }
}
