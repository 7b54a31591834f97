import type { Clock } from '../../clock.ts'
import type { ClusterObjects, LogSelection, ObjectRef } from './access.ts'
import { applyObjects, type Wanted, wantedOf } from './apply.ts'
import { type Bounds, defaultBounds } from './bounds.ts'
import { hasStatus, KubernetesError } from './errors.ts'
import { listAll } from './listing.ts'
import type { JsonObject } from './objects.ts'
import { createResourceFinder } from './resources.ts'
import type { KubernetesTransport } from './transport.ts'

export interface ClusterObjectsOptions {
  transport: KubernetesTransport
  clock: Clock
  bounds?: Bounds
}

/** Objects of any kind at a real API server. */
export function createClusterObjects({
  transport,
  clock,
  bounds = defaultBounds,
}: ClusterObjectsOptions): ClusterObjects {
  const collectionOf = createResourceFinder(transport)
  const pathOf = async (ref: ObjectRef, signal: AbortSignal) =>
    `${await collectionOf(ref, signal)}/${encodeURIComponent(ref.name)}`

  return {
    apply: async (objects, signal) =>
      applyObjects(objects.map(named), { transport, collectionOf, clock, signal, bootstrapping: false }),

    async remove(ref, signal, { gracePeriodSeconds, mustExist = false } = {}) {
      try {
        await transport.request({
          method: 'DELETE',
          path: await pathOf(ref, signal),
          body: {
            apiVersion: 'v1',
            kind: 'DeleteOptions',
            propagationPolicy: 'Background',
            ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
          },
          signal,
        })
      } catch (error) {
        if (mustExist || !hasStatus(error, 404)) throw error
      }
    },

    async list(of, signal) {
      const { apiVersion, kind, labelSelector, fieldSelector } = of
      const path = await collectionOf(of, signal)
      const { items } = await listAll({ transport, path, labelSelector, fieldSelector, bounds, signal })
      // What is in a list does not say what it is.
      return items.map(item => ({ apiVersion, kind, ...item }))
    },

    async patch(ref, patch, { subresource }, signal) {
      const path = await pathOf(ref, signal)
      await transport.request({
        method: 'PATCH',
        path: subresource === undefined ? path : `${path}/${subresource}`,
        query: { fieldManager: 'kindgate' },
        contentType: 'application/merge-patch+json',
        body: patch,
        signal,
      })
    },

    log: (of, signal) => transport.stream({ path: logPath(of), query: logQuery(of), signal }),
  }
}

function named(object: JsonObject): Wanted {
  const wanted = wantedOf(object)
  if (wanted) return wanted
  throw new KubernetesError({ status: 422, reason: 'Invalid', message: 'an object needs apiVersion, kind and name' })
}

function logPath({ namespace, pod }: LogSelection): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`
}

function logQuery({ container, tailLines, sinceSeconds, timestamps, previous, follow }: LogSelection) {
  return { container, tailLines, sinceSeconds, timestamps, previous, follow }
}
