import { hasStatus, TransportError } from './errors.ts'
import { isKubernetesObject, type KubernetesObject, listAt, textAt } from './objects.ts'
import type { KubernetesTransport } from './transport.ts'

/** A collection as it was at one resource version. */
export interface Listing {
  items: KubernetesObject[]
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
  signal: AbortSignal
}

const maxListBytes = 256 * 1024 * 1024

/**
 * Lists a collection page by page. When a later page has expired (410) everything is asked for once more in one piece,
 * as client-go's pager does. Rejects with the transport's errors, or TransportError `malformed`.
 */
export async function listAll(options: ListOptions): Promise<Listing> {
  try {
    return await listInPages(options, options.pageSize ?? 500)
  } catch (error) {
    if (hasStatus(error, 410)) return listInPages(options, undefined)
    throw error
  }
}

async function listInPages(options: ListOptions, limit: number | undefined): Promise<Listing> {
  const { transport, path, labelSelector, fieldSelector, signal } = options
  const items: KubernetesObject[] = []
  let next = ''
  for (;;) {
    const page = await transport.request({
      path,
      query: { labelSelector, fieldSelector, limit, continue: next === '' ? undefined : next },
      signal,
      maxBytes: maxListBytes,
    })
    for (const item of listAt(page, 'items')) {
      if (!isKubernetesObject(item)) throw malformed(path)
      items.push(item)
    }
    const resourceVersion = textAt(page, 'metadata', 'resourceVersion')
    if (resourceVersion === '') throw malformed(path)
    next = textAt(page, 'metadata', 'continue')
    if (next === '') return { items, resourceVersion }
  }
}

function malformed(path: string): Error {
  return new TransportError('malformed', `the answer to ${path} is not a Kubernetes list`)
}
