import { createHash } from 'node:crypto'
import { at, isObject, type JsonObject, listAt, numberAt, objectAt, textAt } from '../../kubernetes/objects.ts'
import { keyOfStored, type ObjectStore, type StoredObject } from './objects.ts'
import { condition, isReadyPod, type Pods } from './pods.ts'

export interface ControllersOptions {
  objects: ObjectStore
  pods: Pods
  /** All nodes that have registered, by name. */
  nodes(): string[]
  /** 64 hexadecimal digits. */
  newId: () => string
  now: () => number
}

/** What the controller manager does with workloads: makes their pods, and says how many there are. */
export interface Controllers {
  isWorkload(object: StoredObject): boolean
  reconcile(workload: StoredObject): void
  /** A pod has changed or is gone. */
  podChanged(pod: StoredObject): void
  /** Nodes have come or gone. */
  nodesChanged(): void
  /** A workload is gone, and so are its pods. */
  gone(workload: StoredObject): void
}

const apps = 'apps/v1'
const kinds = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job']

interface Wanted {
  name?: string
  node?: string
}

export function createControllers({ objects, pods, nodes, newId, now }: ControllersOptions): Controllers {
  const podsOf = (workload: StoredObject) =>
    objects
      .all({ apiVersion: 'v1', kind: 'Pod', namespace: textAt(workload.metadata, 'namespace') })
      .filter(pod => ownerUid(pod) === workload.metadata.uid)

  const busy = new Set<string>()
  const again = new Set<string>()

  /** What it does comes back as changes of pods: those are looked at when it has done all it set out to do. */
  function reconcile({ metadata: { uid }, ...workload }: StoredObject): void {
    again.add(uid)
    if (busy.has(uid)) return
    busy.add(uid)
    while (again.delete(uid)) {
      const latest = objects.all(workload).find(each => each.metadata.uid === uid)
      if (latest) pass(latest)
    }
    busy.delete(uid)
  }

  function pass(workload: StoredObject): void {
    const hash = templateHash(workload)
    const all = podsOf(workload).filter(pod => textAt(pod.metadata, 'deletionTimestamp') === '')
    const outdated = workload.kind === 'Job' ? [] : all.filter(pod => hashOf(pod) !== hash)
    for (const pod of outdated) pods.remove(pod)
    const kept = all.filter(pod => !outdated.includes(pod))
    const { missing, surplus } = compare(workload, kept)
    for (const pod of surplus) pods.remove(pod)
    for (const wanted of missing) pods.settle(objects.put(newPod(workload, hash, wanted)))
    report(workload)
  }

  function compare(workload: StoredObject, kept: StoredObject[]): { missing: Wanted[]; surplus: StoredObject[] } {
    if (workload.kind === 'DaemonSet') {
      const names = nodes()
      const held = new Set(kept.map(pod => textAt(pod, 'spec', 'nodeName')))
      return {
        missing: names.filter(node => !held.has(node)).map(node => ({ node })),
        surplus: kept.filter(pod => !names.includes(textAt(pod, 'spec', 'nodeName'))),
      }
    }
    const count = workload.kind === 'Job' ? 1 : replicasOf(workload)
    if (workload.kind === 'StatefulSet') {
      const names = Array.from({ length: count }, (_, index) => `${workload.metadata.name}-${index}`)
      const held = new Set(kept.map(pod => pod.metadata.name))
      return {
        missing: names.filter(name => !held.has(name)).map(name => ({ name })),
        surplus: kept.filter(pod => !names.includes(pod.metadata.name)),
      }
    }
    return {
      missing: Array.from({ length: Math.max(0, count - kept.length) }, () => ({})),
      surplus: kept.slice(count),
    }
  }

  function newPod(workload: StoredObject, hash: string, { name, node }: Wanted): JsonObject {
    const template = objectAt(workload, 'spec', 'template')
    const { kind, metadata } = workload
    const set = kind === 'Deployment' ? `${metadata.name}-${hash}` : metadata.name
    const spec = objectAt(template, 'spec')
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: name ?? `${set}-${newId().slice(0, 5)}`,
        namespace: textAt(metadata, 'namespace'),
        labels: { ...objectAt(template, 'metadata', 'labels'), 'pod-template-hash': hash },
        annotations: objectAt(template, 'metadata', 'annotations'),
        ownerReferences: [
          {
            apiVersion: workload.apiVersion,
            kind: kind === 'Deployment' ? 'ReplicaSet' : kind,
            name: set,
            uid: metadata.uid,
            controller: true,
          },
        ],
      },
      spec: {
        ...spec,
        ...(node === undefined ? {} : { nodeName: node }),
        restartPolicy: textAt(spec, 'restartPolicy') || 'Always',
      },
      status: { phase: 'Pending' },
    }
  }

  /** The workload's status; a new generation only with another content. */
  function report(workload: StoredObject): void {
    const latest = objects.get(keyOfStored(workload))
    if (!latest) return
    const all = podsOf(latest)
    const status = statusOf(latest, all, now())
    const before = objectAt(latest, 'status')
    if (JSON.stringify({ ...before, conditions: null }) === JSON.stringify({ ...status, conditions: null })) return
    objects.put({ ...latest, status })
  }

  const workloadOf = (pod: StoredObject) =>
    kinds
      .flatMap(kind => objects.all({ apiVersion: kind === 'Job' ? 'batch/v1' : apps, kind }))
      .find(workload => workload.metadata.uid === ownerUid(pod))

  return {
    isWorkload: object => kinds.includes(object.kind) && isObject(at(object, 'spec', 'template')),
    reconcile,
    podChanged(pod) {
      if (ownerUid(pod) === '') return
      const workload = workloadOf(pod)
      if (!workload) return
      if (objects.get(keyOfStored(pod))) report(workload)
      else reconcile(workload)
    },
    nodesChanged() {
      for (const workload of objects.all({ apiVersion: apps, kind: 'DaemonSet' })) reconcile(workload)
    },
    gone(workload) {
      for (const pod of podsOf(workload)) pods.remove(pod)
    },
  }
}

function statusOf(workload: StoredObject, all: StoredObject[], ms: number): JsonObject {
  const ready = all.filter(isReadyPod).length
  const observedGeneration = numberAt(workload.metadata, 'generation')
  if (workload.kind === 'Job') {
    const succeeded = all.filter(pod => textAt(pod, 'status', 'phase') === 'Succeeded').length
    return { active: all.length - succeeded, succeeded, conditions: [condition('Complete', succeeded > 0, ms)] }
  }
  if (workload.kind === 'DaemonSet')
    return {
      observedGeneration,
      desiredNumberScheduled: all.length,
      currentNumberScheduled: all.length,
      updatedNumberScheduled: all.length,
      numberReady: ready,
      numberAvailable: ready,
    }
  return {
    observedGeneration,
    replicas: all.length,
    updatedReplicas: all.length,
    readyReplicas: ready,
    availableReplicas: ready,
    conditions: [condition('Available', ready >= replicasOf(workload), ms)],
  }
}

function replicasOf(workload: StoredObject): number {
  const replicas = at(workload, 'spec', 'replicas')
  return typeof replicas === 'number' ? replicas : 1
}

function templateHash(workload: StoredObject): string {
  return createHash('sha256')
    .update(JSON.stringify(at(workload, 'spec', 'template')))
    .digest('hex')
    .slice(0, 10)
}

function hashOf(pod: StoredObject): string {
  return textAt(pod.metadata, 'labels', 'pod-template-hash')
}

function ownerUid(pod: StoredObject): string {
  return textAt(listAt(pod.metadata, 'ownerReferences')[0], 'uid')
}
