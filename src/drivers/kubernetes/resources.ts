import { unlessAborted } from '../../deadline.ts'
import { KubernetesError } from './errors.ts'
import { isObject, listAt, textAt } from './objects.ts'
import type { KubernetesTransport } from './transport.ts'

export interface KindOf {
  apiVersion: string
  kind: string
  /** All of them when absent; without a meaning for kinds that live in no namespace. */
  namespace?: string
}

/**
 * The path of the collection that objects of a kind are in. Each group version is asked once for its resources, and
 * again for a kind that it did not have. Rejects with KubernetesError 404 for a kind that the API server does not know.
 */
export type FindCollection = (of: KindOf, signal: AbortSignal) => Promise<string>

export function createResourceFinder(transport: KubernetesTransport): FindCollection {
  const known = new Map<string, Promise<unknown[]>>()

  function resourcesOf(groupVersion: string, root: string): Promise<unknown[]> {
    const asked = known.get(groupVersion)
    if (asked) return asked
    // For whoever asks meanwhile, too: no caller's signal ends it.
    const answer = transport.request({ path: root }).then(list => listAt(list, 'resources'))
    known.set(groupVersion, answer)
    answer.catch(() => known.delete(groupVersion))
    return answer
  }

  return async ({ apiVersion, kind, namespace }, signal) => {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
    const resource = (await unlessAborted(resourcesOf(apiVersion, root), signal)).find(
      resource => textAt(resource, 'kind') === kind && !textAt(resource, 'name').includes('/'),
    )
    if (!isObject(resource)) {
      known.delete(apiVersion) // a definition may just be on its way
      throw new KubernetesError({ status: 404, reason: 'NotFound', message: `no kind ${kind} in ${apiVersion}` })
    }
    const name = textAt(resource, 'name')
    if (resource.namespaced !== true || namespace === undefined) return `${root}/${name}`
    return `${root}/namespaces/${encodeURIComponent(namespace)}/${name}`
  }
}
