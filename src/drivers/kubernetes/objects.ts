/** A decoded JSON object. */
export type JsonObject = Record<string, unknown>

/** What every stored Kubernetes object carries. */
export interface KubernetesObject extends JsonObject {
  metadata: ObjectMetadata
}

export interface ObjectMetadata extends JsonObject {
  name: string
  uid: string
  resourceVersion: string
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isKubernetesObject(value: unknown): value is KubernetesObject {
  const metadata = at(value, 'metadata')
  return ['name', 'uid', 'resourceVersion'].every(key => textAt(metadata, key) !== '')
}

/** The value at a path of keys, undefined where there is none. */
export function at(value: unknown, ...path: string[]): unknown {
  let found = value
  for (const key of path) found = isObject(found) ? found[key] : undefined
  return found
}

/** The text at a path of keys, empty where there is none. */
export function textAt(value: unknown, ...path: string[]): string {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : ''
}

/** The list at a path of keys, empty where there is none. */
export function listAt(value: unknown, ...path: string[]): unknown[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}

/** The object at a path of keys, empty where there is none. */
export function objectAt(value: unknown, ...path: string[]): JsonObject {
  const found = at(value, ...path)
  return isObject(found) ? found : {}
}

/** `name`, or `namespace/name` of an object that lives in a namespace. */
export function keyOf(object: KubernetesObject): string {
  const namespace = textAt(object.metadata, 'namespace')
  return namespace === '' ? object.metadata.name : `${namespace}/${object.metadata.name}`
}
