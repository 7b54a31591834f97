import type { IncomingMessage, ServerResponse } from 'node:http'
import cookie from '@fastify/cookie'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawServerDefault,
} from 'fastify'
import type { Engine } from '../../engine/api.ts'
import { auditRequests } from './audit.ts'
import { authenticate, guardRoutes } from './auth.ts'
import { readBodies } from './bodies.ts'
import { answerClientError } from './client-errors.ts'
import './context.ts'
import { prepareRequests, setCommonHeaders } from './common.ts'
import { endWhatIsOpen } from './lifecycle.ts'
import { logRequest, RequestLog } from './logging.ts'
import { measureRequests } from './metrics.ts'
import { refuseUnknownRoutes } from './not-found.ts'
import { handleError, sendProblem, toGatewayError } from './problems.ts'
import { requestIdOf } from './request-id.ts'
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
  engine: Pick<Engine, 'accounts' | 'audit'>
  /** As createLogger makes it. */
  log: FastifyBaseLogger
  /** How long a request may take to arrive, in milliseconds. */
  timeouts?: { headersMs: number; requestMs: number; checkMs: number }
}

/** A body of at most 1 MiB. */
const bodyLimit = 1024 * 1024

/**
 * An HTTP server without routes: what every HTTP surface shares. It listens when told to. Who registers a route gives it
 * a policy (`config.access`); whatever goes wrong is answered with a problem document.
 */
export function createServer(options: ServerOptions): HttpServer {
  const { engine, log } = options
  const { headersMs, requestMs, checkMs } = options.timeouts ?? { headersMs: 20_000, requestMs: 60_000, checkMs: 5_000 }
  const server: HttpServer = Fastify({
    loggerInstance: log,
    logController: new RequestLog(),
    genReqId: requestIdOf,
    bodyLimit,
    requestTimeout: requestMs,
    // Longer than the idle time of proxies in front, usually 60 s: else they send into a connection that ends.
    keepAliveTimeout: 72_000,
    return503OnClosing: false,
    http: {
      headersTimeout: headersMs,
      connectionsCheckingInterval: checkMs,
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

  async function answerUnroutable(error: unknown, request: FastifyRequest, reply: FastifyReply) {
    try {
      setCommonHeaders(request, reply)
      await authenticate(engine.accounts, request)
      throw error
    } catch (thrown) {
      const own = server.unroutable.find(({ prefix }) => pathOf(request.raw.url ?? '').startsWith(prefix))
      if (own) own.answer(thrown, request, reply)
      else sendProblem(toGatewayError(thrown), request, reply)
      logRequest(request, reply, 'request completed')
    }
  }

  // For `parseCookie` alone: whoever wants a cookie reads it.
  server.register(cookie, { hook: false })
  server.decorate('unroutable', [])
  server.setErrorHandler(handleError)
  useSchemas(server)
  measureRequests(server)
  prepareRequests(server)
  endWhatIsOpen(server)
  routeUpgrades(server)
  auditRequests(server, engine.audit)
  guardRoutes(server, engine.accounts)
  readBodies(server)
  refuseUnknownRoutes(server)
  return server
}
