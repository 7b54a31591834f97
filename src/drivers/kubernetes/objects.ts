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

/** The number at a path of keys, 0 where there is none. */
export function numberAt(value: unknown, ...path: string[]): number {
  const found = at(value, ...path)
  return typeof found === 'number' ? found : 0
}

/** The texts by key at a path of keys, such as labels; empty where there are none. */
export function textsAt(value: unknown, ...path: string[]): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const [key, text] of Object.entries(objectAt(value, ...path))) if (typeof text === 'string') texts[key] = text
  return texts
}

/** The time at a path of keys, RFC 3339; null where there is none. */
export function timeAt(value: unknown, ...path: string[]): string | null {
  return textAt(value, ...path) || null
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
