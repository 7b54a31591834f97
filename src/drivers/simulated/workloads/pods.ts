import { at, isObject, type JsonObject, listAt, numberAt, objectAt, textAt } from '../../kubernetes/objects.ts'
import type { NodeState } from '../state.ts'
import { keyOfStored, type ObjectStore, type StoredObject, timestamp } from './objects.ts'

const seconds = { create: 1, run: 2, terminate: 1 }

/** What a kubelet and the scheduler need to know. */
export interface PodsOptions {
  objects: ObjectStore
  /** Nodes that take pods, and where they are. */
  nodes(): NodeState[]
  isReady(node: string): boolean
  now: () => number
  /** Runs `then` after its time, at once at pace 0; a second call while it waits changes nothing. */
  later(key: string, seconds: number, then: () => void): void
}

/** What the scheduler and the kubelets do by themselves. */
export interface Pods {
  /** Brings a pod a step on: schedules it, starts it, ends it. */
  settle(pod: StoredObject): void
  settleAll(): void
  /** Asks a pod to go: it is terminating for a while. */
  remove(pod: StoredObject): void
}

const podKind = { apiVersion: 'v1', kind: 'Pod' }

export function createPods({ objects, nodes, isReady, now, later }: PodsOptions): Pods {
  let addresses = 1

  const current = (pod: StoredObject) => {
    const found = objects.get(keyOfStored(pod))
    return found?.metadata.uid === pod.metadata.uid ? found : undefined
  }

  const after = (pod: StoredObject, step: string, wait: number, then: (pod: StoredObject) => void) =>
    later(`pod/${pod.metadata.uid}/${step}`, wait, () => {
      const found = current(pod)
      if (found) then(found)
    })

  const patch = (pod: StoredObject, spec: JsonObject, status: JsonObject) =>
    objects.put({
      ...pod,
      spec: { ...objectAt(pod, 'spec'), ...spec },
      status: { ...objectAt(pod, 'status'), ...status },
    })

  function schedule(pod: StoredObject): void {
    const wanted = textAt(pod, 'spec', 'nodeName')
    const candidates = nodes().filter(node => isReady(node.name))
    const workers = candidates.filter(node => node.role === 'worker')
    const choice = workers.length > 0 ? workers : candidates
    const node = wanted === '' ? choice[addresses % choice.length] : candidates.find(each => each.name === wanted)
    if (!node) return
    addresses += 1
    const scheduled = condition('PodScheduled', true, now())
    const placed = patch(
      pod,
      { nodeName: node.name },
      {
        phase: 'Pending',
        hostIP: node.address,
        startTime: timestamp(now()),
        conditions: [scheduled, condition('Initialized', true, now()), condition('Ready', false, now())],
        containerStatuses: containerStatuses(pod, { waiting: { reason: 'ContainerCreating' } }, false),
      },
    )
    settle(placed)
  }

  function start(pod: StoredObject): void {
    const host = at(pod, 'spec', 'hostNetwork') === true
    const started = patch(
      pod,
      {},
      {
        phase: 'Running',
        podIP: host ? textAt(pod, 'status', 'hostIP') : podAddress(addresses++),
        conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(type =>
          condition(type, true, now()),
        ),
        containerStatuses: containerStatuses(pod, { running: { startedAt: timestamp(now()) } }, true),
      },
    )
    settle(started)
  }

  function complete(pod: StoredObject): void {
    const ended = { terminated: { exitCode: 0, reason: 'Completed', finishedAt: timestamp(now()) } }
    patch(
      pod,
      {},
      {
        phase: 'Succeeded',
        conditions: [condition('PodScheduled', true, now()), condition('Ready', false, now())],
        containerStatuses: containerStatuses(pod, ended, false),
      },
    )
  }

  /** A kubelet that has fallen silent or speaks again. */
  function follow(pod: StoredObject, ready: boolean): void {
    if (isReadyPod(pod) === ready || hasTrouble(pod)) return
    const others = listAt(pod, 'status', 'conditions').filter(each => textAt(each, 'type') !== 'Ready')
    patch(pod, {}, { conditions: [...others, condition('Ready', ready, now())] })
  }

  function settle(pod: StoredObject): void {
    const phase = textAt(pod, 'status', 'phase')
    if (textAt(pod.metadata, 'deletionTimestamp') !== '') {
      after(pod, 'terminate', seconds.terminate, found => objects.delete(keyOfStored(found)))
    } else if (textAt(pod, 'status', 'hostIP') === '') schedule(pod)
    else if (phase === 'Pending' && !hasTrouble(pod)) after(pod, 'create', seconds.create, start)
    else if (phase === 'Running' && textAt(pod, 'spec', 'restartPolicy') === 'Never') {
      after(pod, 'run', seconds.run, complete)
    } else if (phase === 'Running') follow(pod, isReady(textAt(pod, 'spec', 'nodeName')))
  }

  return {
    settle,
    settleAll() {
      for (const pod of objects.all(podKind)) settle(pod)
    },
    remove(pod) {
      if (textAt(pod.metadata, 'deletionTimestamp') !== '') return
      const going = objects.put({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: timestamp(now()) } })
      settle(going)
    },
  }
}

export function isReadyPod(pod: StoredObject): boolean {
  return listAt(pod, 'status', 'conditions').some(
    each => textAt(each, 'type') === 'Ready' && textAt(each, 'status') === 'True',
  )
}

/** A test has given it a trouble of its own (CrashLoopBackOff), which stays. */
function hasTrouble(pod: StoredObject): boolean {
  return listAt(pod, 'status', 'containerStatuses').some(status => {
    const reason = textAt(status, 'state', 'waiting', 'reason')
    return (reason !== '' && reason !== 'ContainerCreating') || isObject(at(status, 'state', 'terminated'))
  })
}

function containerStatuses(pod: StoredObject, state: JsonObject, ready: boolean): JsonObject[] {
  return listAt(pod, 'spec', 'containers').map(container => {
    const name = textAt(container, 'name')
    const before = listAt(pod, 'status', 'containerStatuses').find(each => textAt(each, 'name') === name)
    const restartCount = numberAt(before, 'restartCount')
    return { name, image: textAt(container, 'image'), state, ready, started: ready, restartCount }
  })
}

export function condition(type: string, holds: boolean, ms: number): JsonObject {
  return { type, status: holds ? 'True' : 'False', lastTransitionTime: timestamp(ms) }
}

/** In kind's default pod subnet, 10.244.0.0/16. */
function podAddress(count: number): string {
  return `10.244.${Math.floor(count / 254) % 256}.${(count % 254) + 1}`
}
