import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { Identity } from '../../engine/accounts/identity.ts'
import type { Engine } from '../../engine/api.ts'
import { GatewayError } from '../../errors.ts'
import { type Access, identityOf, noCredential } from './context.ts'
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
  const { throttle } = gate
  const { headers, ip } = request
  const text = shownBy(headers)
  if (text !== undefined) refuseFailing(throttle, text, request, reply)
  const { identity, shown } = await identify(gate, request)
  if (identity) {
    if (text !== undefined) {
      throttle.accepted(ip, text)
      remembered.set(request.raw.socket, { text, identity })
    }
    enter(gate, request, identity)
    return
  }
  if (shown) throttle.failed(ip)
  throw new GatewayError(
    'Unauthorized',
    shown ? 'The credential is unknown, has expired or has been revoked.' : noCredential,
  )
}

/** Errors: Forbidden where another site's page asks. */
function enter(gate: Gate, request: FastifyRequest, identity: Identity): void {
  request.identity = identity
  refuseOtherSites(request, gate.allowedOrigins)
}

function shownBy({ authorization, cookie }: FastifyRequest['headers']): string | undefined {
  return authorization ?? cookie
}

/** Whom connections were accepted for last, and by what. */
const remembered = new WeakMap<object, { text: string; identity: Identity }>()

/** The identity of who shows what was accepted on the same connection before. */
function recognise(gate: Gate, request: FastifyRequest): Identity | undefined {
  const before = remembered.get(request.raw.socket)
  if (before === undefined || before.text !== shownBy(request.headers)) return undefined
  return gate.accounts.holds(before.identity) ? before.identity : undefined
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
  server.decorateRequest('identity', null)
  server.decorateRequest('principal', {
    getter() {
      return this.identity?.principal ?? null
    },
  })
  server.decorate('gate', gate)
  server.decorateRequest('order', null)
  const letIn = (request: FastifyRequest, reply: FastifyReply, access: Access | undefined) => {
    admit(gate.accounts, request, reply)
    if (access === 'admin' && !request.principal?.admin) throw new GatewayError('Forbidden', 'Only admins may do this.')
  }
  const check = async (request: FastifyRequest, reply: FastifyReply, access: Access | undefined) => {
    if (access === 'order') return requireOrder(request, reply)
    await authenticate(gate, request, reply)
    letIn(request, reply, access)
  }
  // The ways that most requests go wait for nothing, not even for a promise.
  server.addHook('onRequest', (request, reply, done) => {
    const { access } = request.routeOptions.config
    if (access === 'public') return done()
    const identity = access === 'order' ? undefined : recognise(gate, request)
    if (identity === undefined) {
      check(request, reply, access).then(() => done(), done)
      return
    }
    enter(gate, request, identity)
    letIn(request, reply, access)
    done()
  })
}
