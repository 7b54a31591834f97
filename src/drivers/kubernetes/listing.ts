import { type Bounds, defaultBounds, requireWithin, weightOf } from './bounds.ts'
import { hasStatus, TransportError } from './errors.ts'
import { isKubernetesObject, type KubernetesObject, listAt, textAt } from './objects.ts'
import type { KubernetesTransport } from './transport.ts'

/** A collection as it was at one resource version. */
export interface Listing<T = KubernetesObject> {
  items: T[]
  resourceVersion: string
}

export interface ListOptions {
  transport: KubernetesTransport
  /** `/api/v1/nodes`. */
  path: string
  labelSelector?: string | undefined
  fieldSelector?: string | undefined
  /** Objects in a page, 500 when absent, as kubectl and client-go ask. */
  pageSize?: number
  /** `defaultBounds` when absent. */
  bounds?: Bounds
  signal: AbortSignal
}

/** What is kept of an object, and its weight. */
export interface Taken {
  weight: number
}

/**
 * Lists a collection page by page. When a later page has expired (410) everything is asked for once more in one piece,
 * as client-go's pager does. Rejects with the transport's errors, TransportError `malformed`, or `too-large` for more
 * than the bounds allow.
 */
export async function listAll(options: ListOptions): Promise<Listing> {
  const { items, resourceVersion } = await listTaken(options, object => ({ object, weight: weightOf(object) }))
  return { items: items.map(({ object }) => object), resourceVersion }
}

/** The same, of which only what is taken of each object is held while it goes on. */
export async function listTaken<T extends Taken>(
  options: ListOptions,
  take: (object: KubernetesObject) => T,
): Promise<Listing<T>> {
  try {
    return await listInPages(options, take, options.pageSize ?? 500)
  } catch (error) {
    if (hasStatus(error, 410)) return listInPages(options, take, undefined)
    throw error
  }
}

async function listInPages<T extends Taken>(
  { transport, path, labelSelector, fieldSelector, bounds = defaultBounds, signal }: ListOptions,
  take: (object: KubernetesObject) => T,
  limit: number | undefined,
): Promise<Listing<T>> {
  const items: T[] = []
  let [bytes, pages, next] = [0, 0, '']
  for (;;) {
    const page = await transport.request({
      path,
      query: { labelSelector, fieldSelector, limit, continue: next === '' ? undefined : next },
      signal,
      maxBytes: 2 * bounds.bytes,
    })
    for (const object of listAt(page, 'items')) {
      if (!isKubernetesObject(object)) throw malformed(path)
      const taken = take(object)
      items.push(taken)
      bytes += taken.weight
      requireWithin(bounds, path, { objects: items.length, bytes })
    }
    pages += 1
    requireWithin(bounds, path, { objects: pages, bytes }) // a page may be empty, and say that there is another
    const resourceVersion = textAt(page, 'metadata', 'resourceVersion')
    if (resourceVersion === '') throw malformed(path)
    next = textAt(page, 'metadata', 'continue')
    if (next === '') return { items, resourceVersion }
  }
}

function malformed(path: string): Error {
  return new TransportError('malformed', `the answer to ${path} is not a Kubernetes list`)
}
