/** The mirror's key of an object that lives in a namespace of a cluster. */
export function namespacedKey(object: { cluster: string; namespace: string; name: string }): string {
  return `${object.cluster}/${object.namespace}/${object.name}`
}
