import { type IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../../errors.ts'

/** A request that asks to go on in another protocol on its connection (RFC 9110, section 7.8). */
export interface Upgrade {
  /** In lower case: `websocket`, `spdy/3.1`. */
  protocol: string
  socket: Duplex
  /** What came behind the request already. */
  head: Buffer
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request asks to upgrade to; null where it does not, or not to something that is known here. */
    upgrade: Upgrade | null
  }
  interface FastifyInstance {
    /** Connections that are no longer HTTP, or came here to be. */
    upgraded: Set<Duplex>
  }
}

const known = new Set(['websocket', 'spdy/3.1'])

/**
 * Node.js' `shouldUpgradeCallback`: whatever is not an upgrade to a protocol that is known here, or carries a body, is a
 * request like any other, as RFC 9110 allows.
 */
export function isUpgrade({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const empty = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0
  return empty && known.has(protocolOf(headers))
}

/**
 * Every upgrade goes through the routes like any other request: credential, policy and validation first, and a refusal
 * is an answer like any other. A route that can do more looks at `request.upgrade` and takes it; one that does not
 * answers as ever. Without an upgrade taken the connection ends with the answer.
 */
export function routeUpgrades(server: FastifyInstance): void {
  const pending = new WeakMap<IncomingMessage, Upgrade>()
  const upgraded = new Set<Duplex>()
  server.decorate('upgraded', upgraded)
  server.decorateRequest('upgrade', null)
  server.addHook('onRequest', (request, reply, done) => {
    if (request.headers.upgrade !== undefined) {
      request.upgrade = pending.get(request.raw) ?? null
      // Node.js does not read on behind an upgrade that it was told to ignore.
      reply.header('connection', 'close')
    }
    done()
  })
  server.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node.js has taken its own listener away.
    socket.on('error', () => socket.destroy())
    upgraded.add(socket)
    socket.once('close', () => upgraded.delete(socket))
    pending.set(request, { protocol: protocolOf(request.headers), socket, head })
    const response = responseOn(socket, request)
    if (response) server.routing(request, response)
    else socket.destroy()
  })
}

/** An answer that ends its connection; undefined while an earlier request on the connection is being answered. */
function responseOn(socket: Duplex, request: IncomingMessage): ServerResponse | undefined {
  if (!(socket instanceof Socket)) return undefined
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  try {
    response.assignSocket(socket)
  } catch {
    return undefined
  }
  response.once('finish', () => socket.end())
  return response
}

/**
 * Hands the connection over to the route: nothing is written to it any more but by the caller, who ends it.
 * @throws {GatewayError} UpgradeRequired when the request asks for none of the protocols.
 */
export function takeUpgrade(request: FastifyRequest, reply: FastifyReply, protocols: readonly string[]): Upgrade {
  const upgrade = requireUpgrade(request, reply, protocols)
  reply.hijack()
  reply.raw.statusCode = 101
  request.streaming = true
  return upgrade
}

/** The same, with the connection left to the answer. */
export function requireUpgrade(request: FastifyRequest, reply: FastifyReply, protocols: readonly string[]): Upgrade {
  const { upgrade } = request
  if (upgrade && protocols.includes(upgrade.protocol)) return upgrade
  reply.header('upgrade', protocols.join(', '))
  throw new GatewayError('UpgradeRequired', `Ask for an upgrade of the connection to ${protocols.join(' or ')}.`)
}

function protocolOf(headers: IncomingMessage['headers']): string {
  return headers.upgrade?.trim().toLowerCase() ?? ''
}
