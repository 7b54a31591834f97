import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerFactory,
  type RawServerDefault,
} from 'fastify'
import { type Clock, systemClock } from '../../clock.ts'
import type { Engine } from '../../engine/api.ts'
import { withLazyChildren } from '../../log.ts'
import { auditRequests } from './audit.ts'
import { authenticate, guardRoutes } from './auth.ts'
import { readBodies } from './bodies.ts'
import { answerClientError } from './client-errors.ts'
import type { Gate } from './gate.ts'
import './context.ts'
import { prepareRequests, setCommonHeaders } from './common.ts'
import { createBrowserCookies } from './cookies.ts'
import { endWhatIsOpen } from './lifecycle.ts'
import { logAborted, logRequest, RequestLog } from './logging.ts'
import { measureRequests } from './metrics.ts'
import { refuseUnknownRoutes } from './not-found.ts'
import { handleError, sendProblem, toGatewayError } from './problems.ts'
import { limitRates } from './rates.ts'
import { requestIdOf } from './request-id.ts'
import { createThrottle } from './throttle.ts'
import type { CertificateSource } from './tls/certificate.ts'
import { createTlsServer, type RequestTimeouts, type TlsServerOptions } from './tls/server.ts'
import { isUpgrade, routeUpgrades } from './upgrades.ts'
import { pathOf } from './urls.ts'
import { useSchemas } from './validation.ts'

export type HttpServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

export interface ServerOptions {
  engine: Pick<Engine, 'accounts' | 'audit' | 'orders'>
  /** As createLogger makes it. */
  log: FastifyBaseLogger
  /** How long a request may take to arrive. */
  timeouts?: RequestTimeouts
  /** Speaks TLS with it, HTTP/2 and HTTP/1.1 on one port; without it, plain HTTP/1.1. */
  certificate?: CertificateSource | undefined
  /** How browsers reach the gateway. */
  browsers?: {
    /** By https, be it the gateway's or a proxy's. */
    secure: boolean
    /** Origins besides the gateway's own whose pages may change things. */
    allowedOrigins: string[]
  }
  /** Failing credentials of one address within a minute, after which it is refused. */
  credentialFailures?: number
  clock?: Clock
  /** Addresses and ranges of proxies whose X-Forwarded-For, -Proto and -Host are believed. */
  trustedProxies?: string[]
}

/** Longer than the idle time of proxies in front, usually 60 s: else they send into a connection that ends. */
const keepAliveMs = 72_000

function tlsServers(options: TlsServerOptions): FastifyServerFactory {
  return listener => createTlsServer(listener, options)
}

/** A body of at most 1 MiB. */
const bodyLimit = 1024 * 1024

/**
 * An HTTP server without routes: what every HTTP surface shares. It listens when told to. Who registers a route gives it
 * a policy (`config.access`); whatever goes wrong is answered with a problem document.
 */
export function createServer(options: ServerOptions): HttpServer {
  const { engine, log, certificate, trustedProxies = [], credentialFailures = 30, clock = systemClock } = options
  const { secure, allowedOrigins } = options.browsers ?? { secure: false, allowedOrigins: [] }
  const timeouts = options.timeouts ?? { headersMs: 20_000, requestMs: 60_000, checkMs: 5_000 }
  const server: HttpServer = Fastify({
    loggerInstance: withLazyChildren(log),
    logController: new RequestLog(),
    genReqId: requestIdOf,
    bodyLimit,
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: keepAliveMs,
    return503OnClosing: false,
    trustProxy: trustedProxies.length > 0 ? trustedProxies : false,
    ...(certificate ? { serverFactory: tlsServers({ certificate, timeouts, keepAliveMs }) } : {}),
    http: {
      headersTimeout: timeouts.headersMs,
      connectionsCheckingInterval: timeouts.checkMs,
      requireHostHeader: false,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      shouldUpgradeCallback: isUpgrade,
    },
    // Names of any length reach their route, which answers 404; the request line is bounded by Node.js.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 16_384 },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, server.log),
    frameworkErrors: (error, request, reply) => void answerUnroutable(error, request, reply),
  }).withTypeProvider<TypeBoxTypeProvider>()

  const gate: Gate = {
    accounts: engine.accounts,
    cookies: createBrowserCookies({ secure }),
    allowedOrigins: new Set(allowedOrigins),
    throttle: createThrottle({ clock, limit: credentialFailures }),
  }

  async function answerUnroutable(error: unknown, request: FastifyRequest, reply: FastifyReply) {
    const path = pathOf(request.raw.url ?? '/')
    const shape = [...server.errorShapes].find(([prefix]) => path.startsWith(prefix))?.[1]
    try {
      setCommonHeaders(request, reply)
      if (!shape?.open) await authenticate(gate, request, reply)
      throw error
    } catch (thrown) {
      if (shape) shape.answer(thrown, request, reply)
      else sendProblem(toGatewayError(thrown), request, reply)
    }
    logRequest(request, reply, 'request completed')
  }

  server.setErrorHandler(handleError)
  server.decorate('errorShapes', new Map())
  useSchemas(server)
  const whenOver = [measureRequests(server), logAborted]
  prepareRequests(server, whenOver)
  whenOver.push(endWhatIsOpen(server, { multiplexed: certificate !== undefined }))
  routeUpgrades(server)
  limitRates(server)
  auditRequests(server, engine.audit)
  guardRoutes(server, gate, engine.orders)
  readBodies(server)
  refuseUnknownRoutes(server)
  return server
}
