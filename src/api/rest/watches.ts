import { finished } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../../clock.ts'
import type { Engine } from '../../engine/api.ts'
import { ndjson, sse } from '../../engine/mirror/formats.ts'
import type { MirrorObject, Table, Watch, WatchFormat, WatchQuery } from '../../engine/mirror/mirror.ts'
import { pipeToStream } from '../../engine/mirror/sinks.ts'
import { identityOf, principalOf } from '../http/context.ts'
import { signalOf } from '../http/lifecycle.ts'
import { prefersEventStream } from './headers.ts'

/** Often enough to keep proxies from closing a quiet stream. */
const bookmarkIntervalMs = 15_000

export interface WatchRequest<T extends MirrorObject> {
  table: Table<T>
  request: FastifyRequest
  reply: FastifyReply
  query: Pick<WatchQuery<T>, 'filter' | 'labelSelector' | 'resourceVersion'>
  /** The watch ends after the first event whose object it holds for. */
  until?: Until<T>
}

export interface Until<T> {
  /** Tells its formats from others. */
  name: string
  holds(object: Readonly<T>): boolean
}

export interface Watches {
  /** Answers with a stream of events. Errors, before anything is sent: Expired, InvalidRequest, TooManyRequests. */
  answer<T extends MirrorObject>(of: WatchRequest<T>): void
  /** Open watches by kind. */
  counts(): ReadonlyMap<string, number>
}

export function createWatches(clock: Clock, accounts: Pick<Engine['accounts'], 'connect'>): Watches {
  const byKind = new Map<string, number>()
  const finals = new WeakSet<Buffer>()

  function answer<T extends MirrorObject>({ table, request, reply, query, until }: WatchRequest<T>) {
    const viewer = principalOf(request)
    const eventStream = prefersEventStream(request.headers.accept)
    const contentType = eventStream ? 'text/event-stream; charset=utf-8' : 'application/x-ndjson'
    if (request.method === 'HEAD') {
      reply.type(contentType).send()
      return
    }
    const disconnect = accounts.connect(identityOf(request))
    reply.raw.once('close', disconnect)
    const plain: WatchFormat<T> = eventStream ? sse : ndjson
    const watch = table.watch({
      ...query,
      viewer,
      signal: signalOf(reply),
      format: until ? marking(plain, until, finals) : plain,
      bookmarkIntervalMs,
    })
    request.streaming = true
    reply.hijack()
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value)
    reply.raw.writeHead(200, { 'content-type': contentType, 'x-accel-buffering': 'no', connection: 'close' })
    reply.raw.flushHeaders()
    count(byKind, table.kind, 1)
    finished(reply.raw, () => {
      count(byKind, table.kind, -1)
    })
    pipeToStream(until ? endingAfter(watch, finals) : watch, reply.raw, { clock })
  }

  return { answer, counts: () => byKind }
}

/**
 * The version that a watch resumes from; undefined when it begins with the state. Last-Event-ID goes first: an
 * EventSource that connects again sends it with the address of its first request.
 */
export function resumedFrom(request: FastifyRequest, query: { resourceVersion?: string }): string | undefined {
  const id = request.headers['last-event-id']
  const version = typeof id === 'string' && id !== '' ? id : query.resourceVersion
  return version === '' || version === '0' ? undefined : version
}

function count(counts: Map<string, number>, key: string, by: number) {
  const now = (counts.get(key) ?? 0) + by
  if (now === 0) counts.delete(key)
  else counts.set(key, now)
}

/** The same frames, with those after which nothing comes put into `finals`. */
function marking<T>(format: WatchFormat<T>, until: Until<T>, finals: WeakSet<Buffer>): WatchFormat<T> {
  return {
    name: `${format.name} until ${until.name}`,
    encode: event => {
      const frame = format.encode(event)
      if (event.type === 'DELETED') finals.add(frame)
      else if ((event.type === 'ADDED' || event.type === 'MODIFIED') && until.holds(event.object)) finals.add(frame)
      return frame
    },
  }
}

function endingAfter(watch: Watch, finals: WeakSet<Buffer>): Watch {
  return {
    ...watch,
    pipe: sink =>
      watch.pipe({
        end: sink.end,
        write: frame => {
          const more = sink.write(frame)
          if (finals.has(frame)) watch.close()
          return more
        },
      }),
  }
}
