import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JsonObject } from '../../../src/drivers/kubernetes/objects.ts'
import { podStatus } from '../../../src/drivers/kubernetes/pod-status.ts'

const running = { running: {} }
const waiting = (reason: string) => ({ waiting: { reason } })
const ended = (exitCode: number, more: object = {}) => ({ terminated: { exitCode, ...more } })
const yes = (type: string) => ({ type, status: 'True' })

interface Parts {
  phase?: string
  containers?: object[]
  init?: object[]
  sidecars?: string[]
  status?: object
  metadata?: object
}

function pod({ phase = 'Running', containers = [], init = [], sidecars = [], status, metadata }: Parts): JsonObject {
  const named = (all: object[], prefix: string): JsonObject[] =>
    all.map((each, index) => ({ name: `${prefix}${index}`, ...each }))
  const initStatuses = named(init, 'i')
  return {
    metadata: { name: 'p', ...metadata },
    spec: {
      containers: named(containers, 'c').map(({ name }) => ({ name })),
      initContainers: initStatuses.map(({ name }) => ({
        name,
        ...(sidecars.includes(String(name)) ? { restartPolicy: 'Always' } : {}),
      })),
    },
    status: {
      phase,
      containerStatuses: named(containers, 'c'),
      initContainerStatuses: initStatuses,
      ...status,
    },
  }
}

/** What `kubectl get pods` shows: READY, STATUS, RESTARTS. */
const cases: [string, Parts, string][] = [
  ['nothing is known yet', { phase: 'Pending' }, '0/0 Pending 0'],
  ['it runs', { containers: [{ ready: true, state: running, restartCount: 3 }] }, '1/1 Running 3'],
  ['it runs and is not ready', { containers: [{ ready: false, state: running }] }, '0/1 Running 0'],
  ['a reason of its own', { phase: 'Failed', status: { reason: 'Evicted' } }, '0/0 Evicted 0'],
  ['it crashes', { containers: [{ state: waiting('CrashLoopBackOff'), restartCount: 7 }] }, '0/1 CrashLoopBackOff 7'],
  ['a code', { containers: [{ state: ended(3) }] }, '0/1 ExitCode:3 0'],
  ['a signal', { containers: [{ state: ended(137, { signal: 9 }) }] }, '0/1 Signal:9 0'],
  ['an error', { containers: [{ state: ended(1, { reason: 'Error' }) }] }, '0/1 Error 0'],
  [
    'all is done',
    { phase: 'Succeeded', containers: [{ state: ended(0, { reason: 'Completed' }) }] },
    '0/1 Completed 0',
  ],
  [
    'one of two is done and the pod is ready',
    {
      containers: [{ state: ended(0, { reason: 'Completed' }) }, { ready: true, state: running }],
      status: { conditions: [yes('Ready')] },
    },
    '1/2 Running 0',
  ],
  [
    'one of two is done and the pod is not ready',
    { containers: [{ state: ended(0, { reason: 'Completed' }) }, { ready: true, state: running }] },
    '1/2 NotReady 0',
  ],
  [
    'the first container goes before the others',
    { containers: [{ state: waiting('ErrImagePull') }, { state: waiting('ContainerCreating') }] },
    '0/2 ErrImagePull 0',
  ],
  [
    'init containers are under way',
    {
      phase: 'Pending',
      containers: [{ state: waiting('PodInitializing') }],
      init: [{ state: ended(0) }, { state: running }],
    },
    '0/1 Init:1/2 0',
  ],
  ['init waits', { phase: 'Pending', init: [{ state: waiting('PodInitializing') }] }, '0/0 Init:0/1 0'],
  [
    'init crashes',
    { phase: 'Pending', init: [{ state: waiting('CrashLoopBackOff'), restartCount: 2 }] },
    '0/0 Init:CrashLoopBackOff 2',
  ],
  ['init fails', { phase: 'Pending', init: [{ state: ended(1, { reason: 'Error' }) }] }, '0/0 Init:Error 0'],
  ['init fails by a code', { phase: 'Pending', init: [{ state: ended(4) }] }, '0/0 Init:ExitCode:4 0'],
  ['init fails by a signal', { phase: 'Pending', init: [{ state: ended(1, { signal: 6 }) }] }, '0/0 Init:Signal:6 0'],
  [
    'init is done: only what runs now counts its restarts',
    { containers: [{ ready: true, state: running, restartCount: 1 }], init: [{ state: ended(0), restartCount: 5 }] },
    '1/1 Running 1',
  ],
  [
    'a sidecar counts as a container',
    {
      containers: [{ ready: true, state: running }],
      init: [{ started: true, ready: true, state: running, restartCount: 2 }],
      sidecars: ['i0'],
    },
    '2/2 Running 2',
  ],
  [
    'a sidecar that has not started holds the others up',
    {
      phase: 'Pending',
      containers: [{ state: waiting('PodInitializing') }],
      init: [{ state: running }],
      sidecars: ['i0'],
    },
    '0/2 Init:0/1 0',
  ],
  [
    'a sidecar fails after initialisation: the containers speak',
    {
      containers: [{ ready: true, state: running }],
      init: [{ state: ended(1, { reason: 'Error' }) }],
      sidecars: ['i0'],
      status: { conditions: [yes('Initialized')] },
    },
    '1/2 Init:Error 0',
  ],
  [
    'a sidecar that was started and fails its probe holds nobody up, and is not ready',
    {
      containers: [{ ready: true, state: running }],
      init: [{ started: true, ready: false, state: running }],
      sidecars: ['i0'],
    },
    '1/2 Running 0',
  ],
  [
    'a sidecar crashes while it starts',
    {
      phase: 'Pending',
      containers: [{ state: waiting('PodInitializing') }],
      init: [
        { started: false, state: waiting('CrashLoopBackOff'), restartCount: 4 },
        { state: waiting('PodInitializing') },
      ],
      sidecars: ['i0'],
    },
    '0/2 Init:CrashLoopBackOff 4',
  ],
  [
    'a sidecar ended well before the containers did',
    {
      containers: [{ ready: true, state: running, restartCount: 1 }],
      init: [{ started: false, state: ended(0, { reason: 'Completed' }), restartCount: 2 }],
      sidecars: ['i0'],
    },
    '1/2 Running 3',
  ],
  [
    'only a sidecar after the one under way is not heard yet',
    {
      phase: 'Pending',
      init: [{ state: ended(0), restartCount: 1 }, { state: running }, { started: true, ready: true, state: running }],
      sidecars: ['i2'],
    },
    '0/1 Init:1/3 1',
  ],
  [
    'all is done, with a sidecar',
    {
      phase: 'Succeeded',
      containers: [{ state: ended(0, { reason: 'Completed' }) }],
      init: [{ started: false, state: ended(0, { reason: 'Completed' }) }],
      sidecars: ['i0'],
    },
    '0/2 Completed 0',
  ],
  [
    'what is done and said to be ready is not counted',
    {
      containers: [
        { ready: true, state: ended(0, { reason: 'Completed' }) },
        { ready: true, state: running },
      ],
    },
    '1/2 NotReady 0',
  ],
  [
    'a container waits without a reason: the phase speaks',
    { phase: 'Pending', containers: [{ state: { waiting: {} } }] },
    '0/1 Pending 0',
  ],
  [
    'init is done although an init container says otherwise: the condition counts',
    {
      containers: [{ state: waiting('CrashLoopBackOff'), restartCount: 6 }],
      init: [{ state: running, restartCount: 9 }],
      status: { conditions: [yes('Initialized')] },
    },
    '0/1 CrashLoopBackOff 6',
  ],
  [
    'it was gated and is scheduled',
    { containers: [{ ready: true, state: running }], status: { conditions: [yes('PodScheduled')] } },
    '1/1 Running 0',
  ],
  [
    'it cannot be scheduled',
    {
      phase: 'Pending',
      status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] },
    },
    '0/0 Pending 0',
  ],
  [
    'it is refused by its node',
    { phase: 'Failed', status: { reason: 'UnexpectedAdmissionError' } },
    '0/0 UnexpectedAdmissionError 0',
  ],
  ['its node does not say', { phase: 'Unknown', status: { reason: 'NodeLost' } }, '0/0 NodeLost 0'],
  [
    'it failed and goes',
    { phase: 'Failed', containers: [{ state: ended(1, { reason: 'Error' }) }], metadata: { deletionTimestamp: 'x' } },
    '0/1 Error 0',
  ],
  [
    'it goes while it initialises',
    { phase: 'Pending', init: [{ state: running }], metadata: { deletionTimestamp: 'x' } },
    '0/0 Terminating 0',
  ],
  [
    'it is gated',
    {
      phase: 'Pending',
      status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
    },
    '0/0 SchedulingGated 0',
  ],
  [
    'it goes',
    { containers: [{ ready: true, state: running }], metadata: { deletionTimestamp: 'now' } },
    '1/1 Terminating 0',
  ],
  [
    'it is done and goes',
    {
      phase: 'Succeeded',
      containers: [{ state: ended(0, { reason: 'Completed' }) }],
      metadata: { deletionTimestamp: 'x' },
    },
    '0/1 Completed 0',
  ],
  ['its node is lost', { status: { reason: 'NodeLost' }, metadata: { deletionTimestamp: 'now' } }, '0/0 Unknown 0'],
]

describe('podStatus, as kubectl shows it', () => {
  for (const [what, parts, expected] of cases) {
    it(`${what}: ${expected}`, () => {
      const { ready, total, status, restarts } = podStatus(pod(parts))
      assert.equal(`${ready}/${total} ${status} ${restarts}`, expected)
    })
  }
})
