import type { FastifyReply, FastifyRequest } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Clock } from '../../clock.ts'
import { GatewayError } from '../../errors.ts'
import { requireUpgrade, takeUpgrade } from './upgrades.ts'

export interface WebSocketOptions {
  /** The subprotocol to answer with, one that the client offers; none when absent. */
  protocol?: string
  /** Most bytes of a message; a larger one ends the connection with 1009. */
  maxPayload: number
  /** Whether messages may be compressed (RFC 7692), where the client offers it. */
  deflate?: boolean
  clock: Clock
}

const protocols = ['websocket']
/** Often enough to keep proxies from closing a quiet connection. */
const heartbeatMs = 30_000

/** The subprotocols that a client offers, in its order. */
export function offeredProtocols(request: FastifyRequest): string[] {
  const header = request.headers['sec-websocket-protocol'] ?? ''
  return header
    .split(',')
    .map(protocol => protocol.trim())
    .filter(protocol => protocol !== '')
}

/**
 * Accepts a WebSocket (RFC 6455); until then the route can still refuse with an HTTP answer. A peer that is silent for
 * two heartbeats of 30 s is cut off. The caller ends the socket when the request's signal aborts.
 * @throws {GatewayError} UpgradeRequired, InvalidRequest
 */
export function acceptWebSocket(
  request: FastifyRequest,
  reply: FastifyReply,
  { protocol, maxPayload, deflate = false, clock }: WebSocketOptions,
): Promise<WebSocket> {
  const { socket, head } = requireUpgrade(request, reply, protocols)
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: deflate,
    maxPayload,
    handleProtocols: () => protocol ?? false,
  })
  return new Promise((resolve, reject) => {
    server.once('wsClientError', error => reject(new GatewayError('InvalidRequest', `${error.message}.`)))
    server.handleUpgrade(request.raw, socket, head, accepted => {
      takeUpgrade(request, reply, protocols)
      accepted.on('error', error => request.log.info({ reason: error.message }, 'a WebSocket failed'))
      beat(accepted, clock)
      resolve(accepted)
    })
  })
}

/** Ends a connection, ours or one to somewhere else, whose peer does not answer pings. */
export function beat(socket: WebSocket, clock: Clock): void {
  const ended = new AbortController()
  let alive = true
  socket.on('pong', () => {
    alive = true
  })
  socket.once('close', () => ended.abort())
  const run = async () => {
    for (;;) {
      await clock.sleep(heartbeatMs, ended.signal)
      if (!alive) return socket.terminate()
      alive = false
      socket.ping()
    }
  }
  run().catch(() => undefined)
}
