import type { FastifyReply, FastifyRequest } from 'fastify'
import type { MirrorObject, Table } from '../../engine/mirror/mirror.ts'
import { GatewayError } from '../../errors.ts'
import { principalOf } from '../http/context.ts'
import { entityTag, noneMatches } from './headers.ts'
import { resumedFrom, type Until, type Watches } from './watches.ts'

const jsonType = 'application/json; charset=utf-8'

export interface ListQuery {
  limit?: number
  continue?: string
  labelSelector?: string
  watch?: boolean
  resourceVersion?: string
}

interface Read<T extends MirrorObject> {
  table: Table<T>
  watches: Watches
  request: FastifyRequest
  reply: FastifyReply
}

/** Answers a list with the mirror's bytes, or a watch of what the list would hold. */
export function answerList<T extends MirrorObject>(
  of: Read<T> & {
    query: ListQuery
    filter: ((object: Readonly<T>) => boolean) | undefined
    /** A part of the table that may be stale on its own; watches go by the filter alone. */
    scope?: string
  },
): FastifyReply {
  const { table, watches, request, reply, query, filter, scope } = of
  const { labelSelector } = query
  if (query.watch) {
    refusePaging(query)
    const resourceVersion = resumedFrom(request, query)
    watches.answer({ table, request, reply, query: { filter, labelSelector, resourceVersion } })
    return reply
  }
  const { limit, continue: token } = query
  const viewer = principalOf(request)
  return reply.type(jsonType).send(table.listText({ viewer, filter, labelSelector, limit, continue: token, scope }))
}

function refusePaging(query: ListQuery) {
  const faults = (['limit', 'continue'] as const)
    .filter(name => query[name] !== undefined)
    .map(name => ({ where: `/query/${name}`, what: 'does not go with watch=true' }))
  if (faults.length > 0) throw new GatewayError('InvalidRequest', 'A watch has no pages.', { faults })
}

/** A filter by the fields that the query gives; undefined when it gives none, so that the mirror's ready-made list serves. */
export function fieldFilter<T extends object>(
  query: Readonly<Record<string, unknown>>,
  names: readonly (keyof T & string)[],
): ((object: Readonly<T>) => boolean) | undefined {
  const wanted = names.filter(name => query[name] !== undefined)
  if (wanted.length === 0) return undefined
  return object => wanted.every(name => object[name] === query[name])
}

/** Whether it asks for a watch that goes on from where one has ended. */
export function resumes(request: FastifyRequest, query: { watch?: boolean; resourceVersion?: string }): boolean {
  return query.watch === true && resumedFrom(request, query) !== undefined
}

/**
 * Answers with one resource, or a watch of it. `key` is its key in the table. A watch that resumes may be of a resource
 * that is gone: its deletion is still to be told. Errors: NotFound.
 */
export function answerOne<T extends MirrorObject>(
  of: Read<T> & {
    noun: string
    key: string
    /** Whether another object is the one of that key; by the name when absent. */
    is?: (object: Readonly<T>) => boolean
    query: { watch?: boolean; resourceVersion?: string }
    until?: Until<T>
  },
): FastifyReply {
  const { table, watches, request, reply, noun, key, query, until, is = other => other.name === key } = of
  const viewer = principalOf(request)
  const object = table.byName(key, viewer)
  const resourceVersion = resumedFrom(request, query)
  if (!object && (!query.watch || resourceVersion === undefined || until)) {
    throw new GatewayError('NotFound', `There is no ${noun} "${key}".`)
  }
  if (query.watch) {
    // Nothing will come any more. An EventSource takes 204 as the word not to connect again.
    if (object && until?.holds(object) && Number(resourceVersion) >= Number(object.metadata.resourceVersion)) {
      return reply.code(204).send()
    }
    watches.answer({ table, request, reply, query: { filter: is, resourceVersion }, ...(until ? { until } : {}) })
    return reply
  }
  if (!object) return reply
  const current = object.metadata.resourceVersion
  reply.header('etag', entityTag(current))
  if (noneMatches(request.headers['if-none-match'], current)) return reply.code(304).send()
  return reply.type(jsonType).send(table.text(object.id, viewer))
}
