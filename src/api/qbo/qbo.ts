import { randomUUID } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../clock.ts'
import type { Principal } from '../../engine/accounts/principal.ts'
import type { Engine } from '../../engine/api.ts'
import { closed } from '../../engine/schema.ts'
import { identityOf } from '../http/context.ts'
import type { HttpServer } from '../http/server.ts'
import { requireUpgrade } from '../http/upgrades.ts'
import { acceptWebSocket, offeredProtocols } from '../http/websockets.ts'
import { asyncapiRoutes } from './asyncapi/routes.ts'
import type { Reached } from './commands/task.ts'
import { type Connection, createConnection } from './connection.ts'
import { createSources } from './elements/sources.ts'
import { doneWords } from './messages/envelope.ts'
import type { Frame } from './messages/frame.ts'
import { threadIdOf, wsiOf } from './messages/opaque.ts'
import { createReader, noUuid } from './messages/read.ts'
import { createStamps, createVoice, type Speaker } from './messages/voice.ts'
import { createMirrors } from './mirrors.ts'
import { createSession } from './session.ts'
import { createTurns } from './turns.ts'

export interface QboOptions {
  engine: Engine
  clock: Clock
  /** Whether messages are compressed where the client offers it. */
  deflate?: boolean
}

/** Most bytes of a message from a client. */
const maxPayload = 64 * 1024
const longestAgent = 128

const query = closed({
  mirror: Type.Optional(Type.String({ format: 'uuid', description: 'The mirror to join, instead of one’s own' })),
})

/** The QBO AsyncAPI: WebSockets at /qbo, and the documents that describe it. */
export async function qbo(server: HttpServer, options: QboOptions): Promise<void> {
  const { engine, clock, deflate = false } = options
  const stamp = createStamps(clock.now)
  const sources = createSources(engine.tables, stamp)
  const mirrors = createMirrors()
  const read = createReader()
  const turns = createTurns()

  server.get(
    '/qbo',
    { config: { access: 'user' }, schema: { hide: true, querystring: query }, exposeHeadRoute: false },
    async (request, reply) => {
      const identity = identityOf(request)
      const { principal } = identity
      const { socket: stream } = requireUpgrade(request, reply, ['websocket'])
      const [protocol] = offeredProtocols(request)
      const leave = engine.accounts.connect(identity)
      stream.once('close', leave)
      const socket = await acceptWebSocket(request, reply, {
        ...(protocol === undefined ? {} : { protocol }),
        maxPayload,
        deflate,
        clock,
      })
      const id = randomUUID()
      const reached = reachedBy(request)
      const speaker: Speaker = {
        user: principal.name,
        agent: agentOf(engine),
        peer: request.ip,
        host: reached.host,
        wsi: wsiOf(id),
      }
      const connection = createConnection({
        socket,
        stream,
        turns,
        onMessage: (data, binary) => session.receive(data, binary),
        farewell: () => farewell(speaker),
      })
      const mirror = mirrors.join(request.query.mirror ?? homeOf(engine, principal), {
        viewer: principal,
        send: connection.send,
      })
      const client = engine.clients.connect({
        id,
        owner: principal.name,
        mirror: mirror.id,
        address: request.ip,
        host: reached.host,
        agent: (request.headers['user-agent'] ?? '').slice(0, longestAgent),
      })
      const session = createSession({
        engine,
        sources,
        identity,
        reached,
        speaker,
        connection,
        mirror,
        client,
        read,
        stamp,
        onError: error => request.log.error({ err: error }, 'unexpected error'),
      })
      endWith(connection, identity.ended, () => connection.close(4401, 'the credential has ended'))
      endWith(connection, server.closing, () => connection.close(1001, 'the gateway is shutting down'))
      connection.ended.addEventListener('abort', () => {
        mirror.leave()
        client.gone()
      })
    },
  )
  asyncapiRoutes(server)

  function farewell(speaker: Speaker): Frame {
    const id = randomUUID()
    const spoken = { id, line: '', uuid: noUuid, ...doneWords }
    const voice = createVoice({ speaker, spoken, threadId: threadIdOf(id, 0), stamp })
    return voice.end(410, 'resync: something was missed; connect and list anew')
  }
}

function agentOf(engine: Engine): string {
  return `qbo-thread/kindgate-${engine.version().version}`
}

/** The mirror that a user's connections meet in unless they name another: the user's id. */
function homeOf({ tables }: Engine, { name }: Principal): string {
  return tables.users.byName(name)?.id ?? noUuid
}

/** The name and port by which a client reached the gateway, as it says. */
function reachedBy({ hostname, port, protocol }: FastifyRequest): Reached {
  return { host: hostname, port: port ?? (protocol === 'https' ? 443 : 80) }
}

function endWith({ ended }: Connection, signal: AbortSignal, end: () => void): void {
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true, signal: ended })
}
