import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { Engine } from '../../engine/api.ts'
import { GatewayError } from '../../errors.ts'
import { identityOf, noCredential } from './context.ts'
import { identify } from './credentials.ts'
import type { Gate } from './gate.ts'
import { createOrderGuard } from './order-secret.ts'
import { refuseOtherSites } from './origin.ts'
import { refuseFailing } from './throttle.ts'

/**
 * Finds out who asks. Errors: Unauthorized; Forbidden where another site's page asks; TooManyRequests after many failures;
 * Unavailable where it cannot be found out now.
 */
export async function authenticate(gate: Gate, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { throttle, allowedOrigins } = gate
  const { headers, ip } = request
  const text = headers.authorization ?? headers.cookie
  if (text !== undefined) refuseFailing(throttle, text, request, reply)
  const { identity, shown } = await identify(gate, request)
  request.identity = identity ?? null
  request.principal = identity?.principal ?? null
  if (identity) {
    if (text !== undefined) throttle.accepted(ip, text)
    refuseOtherSites(request, allowedOrigins)
    return
  }
  if (shown) throttle.failed(ip)
  throw new GatewayError(
    'Unauthorized',
    shown ? 'The credential is unknown, has expired or has been revoked.' : noCredential,
  )
}

/** Counts the request. The header is for every surface, whatever its errors look like. Errors: TooManyRequests. */
function admit(accounts: Engine['accounts'], request: FastifyRequest, reply: FastifyReply): void {
  try {
    accounts.admit(identityOf(request))
  } catch (error) {
    if (error instanceof GatewayError && error.extra.retryAfter !== undefined)
      reply.header('retry-after', String(error.extra.retryAfter))
    throw error
  }
}

/**
 * Every route carries its policy in `config.access`; one without stops the start. What no route matches is not public
 * either, so that nobody without a credential learns what exists.
 */
export function guardRoutes(server: FastifyInstance, gate: Gate, orders: Engine['orders']): void {
  const requireOrder = createOrderGuard(gate.throttle, orders)
  const routes: RouteOptions[] = []
  server.addHook('onRoute', route => {
    routes.push(route)
  })
  server.addHook('onReady', async () => {
    const open = routes.filter(route => route.config?.access === undefined)
    if (open.length === 0) return
    throw new Error(`no access policy: ${open.map(route => `${route.method} ${route.url}`).join(', ')}`)
  })
  server.decorateRequest('principal', null)
  server.decorateRequest('identity', null)
  server.decorate('gate', gate)
  server.decorateRequest('order', null)
  server.addHook('onRequest', async (request, reply) => {
    const { access } = request.routeOptions.config
    if (access === 'public') return
    if (access === 'order') return requireOrder(request, reply)
    await authenticate(gate, request, reply)
    admit(gate.accounts, request, reply)
    if (access === 'admin' && !request.principal?.admin) throw new GatewayError('Forbidden', 'Only admins may do this.')
  })
}
