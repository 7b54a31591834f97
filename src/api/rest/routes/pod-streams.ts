import { pipeline, Readable, Transform } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { createWebSocketStream } from 'ws'
import { GatewayError } from '../../../errors.ts'
import { principalOf } from '../../http/context.ts'
import { signalOf } from '../../http/lifecycle.ts'
import type { HttpServer } from '../../http/server.ts'
import { sendStream } from '../../http/streams.ts'
import { requireUpgrade } from '../../http/upgrades.ts'
import { acceptWebSocket, beat, offeredProtocols } from '../../http/websockets.ts'
import type { RestContext } from '../context.ts'
import * as schemas from './pod-streams.schema.ts'

const config = { access: 'user' } as const
/** Kubernetes' remotecommand: v5 has a message that closes a channel, from Kubernetes 1.30 on. */
const [v5, v4] = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const
const closeChannel = 255
const maxPayload = 1024 * 1024
/** Messages in flight each way before the sender is held back. */
const objects = { objectMode: true, highWaterMark: 4 }

type Options = Parameters<RestContext['engine']['pods']['stream']>[2]

/** What is asked of a pod itself, under `/clusters/{cluster}/namespaces/{namespace}/pods/{name}`. */
export function podStreamRoutes(server: HttpServer, { engine, clock }: RestContext): void {
  const at = '/clusters/:cluster/namespaces/:namespace/pods/:name'
  const refOf = ({ name, ...where }: { cluster: string; namespace: string; name: string }) => ({ ...where, pod: name })

  server.get(`${at}/log`, { config, schema: schemas.podLogGet, exposeHeadRoute: false }, async (request, reply) => {
    const log = await engine.pods.logs(principalOf(request), refOf(request.params), request.query, signalOf(reply))
    sendStream(request, reply, {
      status: 200,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'x-accel-buffering': 'no', connection: 'close' },
      body: Readable.from(log, { objectMode: false, highWaterMark: 0 }),
    })
    return reply
  })

  server.delete(at, { config, schema: schemas.podDelete }, async (request, reply) => {
    await engine.pods.remove(principalOf(request), refOf(request.params), request.query, signalOf(reply))
    return reply.code(204).send()
  })

  server.get(`${at}/exec`, { config, schema: schemas.podExec, exposeHeadRoute: false }, (request, reply) => {
    const { command, ...streams } = request.query
    return stream(request, reply, refOf(request.params), {
      verb: 'exec',
      command: [command].flat(),
      ...filled(streams),
    })
  })

  server.get(`${at}/attach`, { config, schema: schemas.podAttach, exposeHeadRoute: false }, (request, reply) =>
    stream(request, reply, refOf(request.params), { verb: 'attach', command: [], ...filled(request.query) }),
  )

  async function stream(
    request: FastifyRequest,
    reply: FastifyReply,
    ref: ReturnType<typeof refOf>,
    options: Options,
  ): Promise<FastifyReply> {
    requireUpgrade(request, reply, ['websocket'])
    const offered = offeredProtocols(request).filter(protocol => protocol === v5 || protocol === v4)
    const protocol = offered[0]
    if (protocol === undefined)
      throw new GatewayError('InvalidRequest', `Offer the subprotocol ${v5} or ${v4}.`, {
        faults: [{ where: '/headers/sec-websocket-protocol', what: `must have ${v5} or ${v4}` }],
      })
    const signal = signalOf(reply)
    // A server that has no v5 gets v4: what the client would say beyond that is left out on the way.
    const upstream = await engine.pods.stream(
      principalOf(request),
      ref,
      options,
      [...new Set([...offered, v4])],
      signal,
    )
    try {
      const chosen = offered.find(each => each === upstream.protocol) ?? protocol
      const client = await acceptWebSocket(request, reply, { protocol: chosen, maxPayload, clock })
      beat(upstream, clock)
      const [near, far] = [createWebSocketStream(client, objects), createWebSocketStream(upstream, objects)]
      signal.addEventListener('abort', () => client.close(1001), { once: true })
      const translated = chosen === v5 && upstream.protocol !== v5 ? withoutClosing() : []
      const done = (error?: Error | null) => {
        if (error) request.log.info({ reason: error.message }, 'a stream of a pod ended early')
        client.close()
        upstream.terminate()
      }
      pipeline([near, ...translated, far], done)
      pipeline([far, near], done)
    } catch (error) {
      upstream.terminate()
      throw error
    }
    return reply
  }
}

function filled(query: { container?: string; stdin?: boolean; stdout?: boolean; stderr?: boolean; tty?: boolean }) {
  const { container, stdin = false, stdout = false, stderr = false, tty = false } = query
  return { ...(container === undefined ? {} : { container }), stdin, stdout, stderr, tty }
}

function withoutClosing(): Transform[] {
  return [
    new Transform({
      ...objects,
      transform(message: Uint8Array, _encoding, done) {
        done(null, message[0] === closeChannel ? undefined : message)
      },
    }),
  ]
}
