import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toKubernetesPod } from '../../../src/drivers/kubernetes/pods.ts'

const metadata = { name: 'web-0', namespace: 'shop', uid: 'u', resourceVersion: '1' }
const conditions = (message: string) => [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }]

describe('toKubernetesPod', () => {
  it('maps a pod that runs', () => {
    const pod = {
      metadata: {
        ...metadata,
        labels: { app: 'web' },
        creationTimestamp: '2026-11-21T08:00:00Z',
        ownerReferences: [
          { kind: 'Thing', name: 'other' },
          { kind: 'StatefulSet', name: 'web', controller: true },
        ],
      },
      spec: {
        nodeName: 'node-1',
        initContainers: [{ name: 'proxy', image: 'envoy', restartPolicy: 'Always' }],
        containers: [
          {
            name: 'main',
            image: 'nginx',
            ports: [
              { containerPort: 80, hostPort: 8080 },
              { containerPort: 53, hostPort: 53, protocol: 'UDP' },
              { containerPort: 9 },
            ],
          },
        ],
      },
      status: {
        phase: 'Running',
        podIP: '10.244.0.7',
        hostIP: '172.28.0.2',
        startTime: '2026-11-21T08:00:01Z',
        initContainerStatuses: [{ name: 'proxy', started: true, ready: true, restartCount: 2, state: { running: {} } }],
        containerStatuses: [{ name: 'main', started: true, ready: true, restartCount: 1, state: { running: {} } }],
      },
    }
    assert.deepEqual(toKubernetesPod(pod), {
      uid: 'u',
      name: 'web-0',
      namespace: 'shop',
      labels: { app: 'web' },
      node: 'node-1',
      phase: 'Running',
      status: 'Running',
      message: '',
      readyContainers: 2,
      totalContainers: 2,
      containers: [
        { name: 'proxy', image: 'envoy', ready: true, restarts: 2, init: true },
        { name: 'main', image: 'nginx', ready: true, restarts: 1, init: false },
      ],
      restarts: 3,
      started: true,
      podIP: '10.244.0.7',
      hostIP: '172.28.0.2',
      hostPorts: [
        { containerPort: 80, hostPort: 8080, protocol: 'TCP' },
        { containerPort: 53, hostPort: 53, protocol: 'UDP' },
      ],
      controller: 'StatefulSet/web',
      createdAt: '2026-11-21T08:00:00Z',
      startedAt: '2026-11-21T08:00:01Z',
      deletedAt: null,
      raw: null,
    })
  })

  it('maps a pod of which nothing is known but that it is there', () => {
    const shown = toKubernetesPod({ metadata })
    assert.deepEqual(
      [shown.phase, shown.status, shown.node, shown.started, shown.containers, shown.createdAt, shown.controller],
      ['Pending', '', '', false, [], null, ''],
    )
  })

  for (const [what, status, expected] of [
    [
      'its own words first',
      { message: 'The node was low on memory.', conditions: conditions('no') },
      'The node was low on memory.',
    ],
    ['why it is not scheduled', { conditions: conditions('0/1 nodes are available') }, '0/1 nodes are available'],
    [
      'what a container waits for',
      {
        initContainerStatuses: [{ state: { terminated: { exitCode: 0 } } }],
        containerStatuses: [{ state: { running: {} } }, { state: { waiting: { message: 'Back-off pulling image' } } }],
      },
      'Back-off pulling image',
    ],
    ['how a container ended', { containerStatuses: [{ state: { terminated: { message: 'oom' } } }] }, 'oom'],
    ['nothing', { containerStatuses: [{ state: { running: {} } }] }, ''],
    ['no more than a part', { message: 'x'.repeat(5000) }, 'x'.repeat(1024)],
  ] as const)
    it(`says ${what}`, () => {
      assert.equal(toKubernetesPod({ metadata, status }).message, expected)
    })

  it('has not started while one of its containers has not', () => {
    const started = (...all: (boolean | undefined)[]) =>
      toKubernetesPod({ metadata, status: { containerStatuses: all.map(each => ({ started: each })) } }).started
    assert.deepEqual(
      [started(), started(true, true), started(true, false), started(undefined)],
      [false, true, false, false],
    )
  })

  it('keeps the whole of a pod that the gateway made, and of no other', () => {
    const own = { metadata: { ...metadata, labels: { 'app.kubernetes.io/managed-by': 'kindgate' } } }
    assert.equal(toKubernetesPod(own).raw, own)
    const other = { metadata: { ...metadata, labels: { 'app.kubernetes.io/managed-by': 'helm' } } }
    assert.equal(toKubernetesPod(other).raw, null)
  })

  it('takes what is of another type than Kubernetes says as if it were not there', () => {
    const shown = toKubernetesPod({
      metadata: { ...metadata, labels: { a: 1, b: 'two' }, ownerReferences: 'none' },
      spec: { nodeName: 7, containers: { 0: 'x' } },
      status: { phase: null, containerStatuses: ['x', null], podIP: [] },
    })
    assert.deepEqual([shown.labels, shown.node, shown.containers, shown.podIP], [{ b: 'two' }, '', [], ''])
  })
})
