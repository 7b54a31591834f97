import {
  isObject,
  type JsonObject,
  type KubernetesObject,
  keyOf,
  numberAt,
  objectAt,
  textAt,
  textsAt,
} from '../../kubernetes/objects.ts'

/** An object as an API server holds it. Never changed in place: a change puts another in. */
export interface StoredObject extends KubernetesObject {
  apiVersion: string
  kind: string
}

export interface ObjectKey {
  apiVersion: string
  kind: string
  namespace?: string
  name: string
}

export interface ObjectStore {
  get(key: ObjectKey): StoredObject | undefined
  /** Of a kind, in the order they were made. */
  all(of: { apiVersion: string; kind: string; namespace?: string }): StoredObject[]
  /** Everything. */
  everything(): StoredObject[]
  /** Makes an object, or gives the one of its name another content; that which the API server sets stays. */
  put(object: JsonObject): StoredObject
  delete(key: ObjectKey): boolean
}

export interface ObjectStoreOptions {
  /** 64 hexadecimal digits. */
  newId: () => string
  now: () => number
  onPut(object: StoredObject, before: StoredObject | undefined): void
  onDelete(object: StoredObject): void
}

const clusterWide = new Set([
  'APIService',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'IngressClass',
  'Namespace',
  'Node',
  'PersistentVolume',
  'PriorityClass',
  'StorageClass',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
])

/** The objects of one API server. */
export function createObjectStore(options: ObjectStoreOptions, stored: JsonObject[] = []): ObjectStore {
  const kinds = new Map<string, Map<string, StoredObject>>()
  let version = 0

  const kindOf = (of: { apiVersion: string; kind: string }) => {
    const key = `${of.kind}.${of.apiVersion.split('/')[0]}`
    const found = kinds.get(key) ?? new Map<string, StoredObject>()
    kinds.set(key, found)
    return found
  }

  for (const object of stored) {
    if (!isStored(object)) continue
    kindOf(object).set(keyOf(object), object)
    version = Math.max(version, Number(object.metadata.resourceVersion) || 0)
  }

  return {
    get: key => kindOf(key).get(pathOf(key)),
    all: of =>
      [...kindOf(of).values()].filter(
        object => of.namespace === undefined || textAt(object.metadata, 'namespace') === of.namespace,
      ),
    everything: () => [...kinds.values()].flatMap(objects => [...objects.values()]),
    put(object) {
      const { apiVersion, kind } = { apiVersion: textAt(object, 'apiVersion'), kind: textAt(object, 'kind') }
      const metadata = objectAt(object, 'metadata')
      const name = textAt(metadata, 'name')
      const namespace = clusterWide.has(kind) ? '' : textAt(metadata, 'namespace') || 'default'
      const key = { apiVersion, kind, name, ...(namespace === '' ? {} : { namespace }) }
      const before = kindOf(key).get(pathOf(key))
      version += 1
      const next: StoredObject = {
        ...object,
        apiVersion,
        kind,
        metadata: {
          creationTimestamp: before ? textAt(before.metadata, 'creationTimestamp') : timestamp(options.now()),
          ...metadata,
          name,
          ...(namespace === '' ? {} : { namespace }),
          uid: before?.metadata.uid ?? uuidOf(options.newId()),
          generation: before ? numberAt(before.metadata, 'generation') + Number(changesSpec(before, object)) : 1,
          resourceVersion: String(version),
        },
      }
      kindOf(key).set(pathOf(key), next)
      options.onPut(next, before)
      return next
    },
    delete(key) {
      const object = kindOf(key).get(pathOf(key))
      if (!object) return false
      kindOf(key).delete(pathOf(key))
      options.onDelete(object)
      return true
    },
  }
}

export function keyOfStored({ apiVersion, kind, metadata }: StoredObject): ObjectKey {
  const namespace = textAt(metadata, 'namespace')
  return { apiVersion, kind, name: metadata.name, ...(namespace === '' ? {} : { namespace }) }
}

/** Whether every label that is asked for is there. An empty selector selects nothing. */
export function selects(selector: Record<string, string>, object: StoredObject): boolean {
  const wanted = Object.entries(selector)
  const labels = textsAt(object.metadata, 'labels')
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value)
}

/** RFC 7396. */
export function mergePatch(target: unknown, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(isObject(target) ? target : {}))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, isObject(value) ? mergePatch(merged.get(key), value) : value)
  }
  return Object.fromEntries(merged)
}

/** As Kubernetes writes times. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

function changesSpec(before: StoredObject, object: JsonObject): boolean {
  return before.spec !== object.spec && JSON.stringify(before.spec) !== JSON.stringify(object.spec)
}

function pathOf({ namespace, name, kind }: ObjectKey): string {
  return clusterWide.has(kind) ? name : `${namespace ?? 'default'}/${name}`
}

function uuidOf(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function isStored(object: JsonObject): object is StoredObject {
  return textAt(object, 'kind') !== '' && textAt(object, 'metadata', 'uid') !== ''
}
