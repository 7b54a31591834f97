import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import type { Engine } from '../../engine/api.ts'
import { GatewayError } from '../../errors.ts'

/** The token of an Authorization header; undefined when there is none of the Bearer scheme (RFC 6750, section 2.1). */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header ?? '')?.[1]
}

/** Finds out who asks. Errors: Unauthorized. */
export function authenticate(accounts: Engine['accounts'], request: FastifyRequest): void {
  const token = bearerToken(request.headers.authorization)
  request.principal = (token && accounts.authenticate(token)) || null
  if (request.principal) return
  throw new GatewayError(
    'Unauthorized',
    token ? 'The token is unknown, has expired or has been revoked.' : 'Send a token as Authorization: Bearer <token>.',
  )
}

/**
 * Every route carries its policy in `config.access`; one without stops the start. What no route matches is not public
 * either, so that nobody without a credential learns what exists.
 */
export function guardRoutes(server: FastifyInstance, accounts: Engine['accounts']): void {
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
  server.addHook('onRequest', async request => {
    const { access } = request.routeOptions.config
    if (access === 'public') return
    authenticate(accounts, request)
    if (access === 'admin' && !request.principal?.admin) throw new GatewayError('Forbidden', 'Only admins may do this.')
  })
}
