import type { RequestListener, Server } from 'node:http'
import { constants, createSecureServer, Http2ServerResponse, type ServerHttp2Stream } from 'node:http2'
import type { Server as NetServer, Socket } from 'node:net'
import { isUpgrade } from '../upgrades.ts'
import type { CertificateSource } from './certificate.ts'

/** How long requests may take to arrive, in milliseconds. */
export interface RequestTimeouts {
  headersMs: number
  requestMs: number
  /** How often that is looked at. */
  checkMs: number
}

export interface TlsServerOptions {
  certificate: CertificateSource
  timeouts: RequestTimeouts
  /** How long a connection may be idle, in milliseconds. */
  keepAliveMs: number
}

const minVersion = 'TLSv1.2'
/** As for HTTP/1.1. */
const maxHeaderBytes = 16_384

/**
 * An HTTPS server that speaks HTTP/2 and HTTP/1.1 on one port, by what the client offers (ALPN). What listens to it sees
 * Node's HTTP/1.1 server: requests of HTTP/2 come through Node's compatibility layer, upgrades are HTTP/1.1 only.
 */
export function createTlsServer(listener: RequestListener, options: TlsServerOptions): Server {
  const { certificate, timeouts, keepAliveMs } = options
  const sockets = new Set<Socket>()
  const server = createSecureServer({
    ...certificate.current,
    allowHTTP1: true,
    minVersion,
    // Node takes those of its HTTP/1.1 server, too; its types do not say so.
    ...{
      headersTimeout: timeouts.headersMs,
      requestTimeout: timeouts.requestMs,
      connectionsCheckingInterval: timeouts.checkMs,
      keepAliveTimeout: keepAliveMs,
      requireHostHeader: false,
    },
    settings: { maxConcurrentStreams: 128, maxHeaderListSize: maxHeaderBytes },
  })
  certificate.follow(next => server.setSecureContext({ ...next, minVersion }))
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('session', session => session.setTimeout(keepAliveMs, () => session.close()))
  server.on('stream', (stream, _headers, flags) => {
    if ((flags & constants.NGHTTP2_FLAG_END_STREAM) === 0) limitBody(stream, timeouts.requestMs)
  })
  const complete: NetServer = Object.assign(server, {
    shouldUpgradeCallback: isUpgrade,
    closeAllConnections() {
      for (const socket of sockets) socket.destroy()
    },
  })
  if (!isHttpServer(complete)) throw new Error('the TLS server lacks what HTTP servers have')
  complete.on('request', (request, response) => {
    showDestroyed(response)
    listener(request, response)
  })
  return complete
}

/** What there is of Node's HTTP server beside what all servers have, as far as the gateway and Fastify use it. */
function isHttpServer(server: NetServer): server is Server {
  return 'closeAllConnections' in server && 'closeIdleConnections' in server && 'setTimeout' in server
}

/** Node's own limits on how long a request may take to arrive are for HTTP/1.1. */
function limitBody(stream: ServerHttp2Stream, ms: number): void {
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), ms)
  const stop = () => clearTimeout(timer)
  stream.once('end', stop)
  stream.once('close', stop)
}

/** Node's answers of HTTP/2 do not tell whether their stream is gone, unless one listens for it in time. */
function showDestroyed(response: object): void {
  if (!(response instanceof Http2ServerResponse)) return
  Object.defineProperty(response, 'destroyed', { get: () => response.stream.destroyed })
}
