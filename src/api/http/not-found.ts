import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { GatewayError } from '../../errors.ts'
import { pathOf } from './urls.ts'

type Refuse = (request: FastifyRequest, reply: FastifyReply) => Promise<never>

const methods: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** What no route matches: 405 with `Allow` where the path exists for other methods, else 404. */
export function refuseUnknownRoutes(server: FastifyInstance): void {
  answerUnknownRoutes(server, async (request, reply) => {
    const path = pathOf(request.raw.url ?? '/')
    const allowed = methods.filter(method => server.findRoute({ method, url: path }) !== null)
    // A route that is there may find nothing itself, such as that of the docs' files.
    if (allowed.length === 0 || allowed.some(method => method === request.method))
      throw new GatewayError('NotFound', `There is nothing at ${path.slice(0, 256)}.`)
    throw notAllowed(request, reply, allowed)
  })
}

/** What no route below the server's prefix matches, before anything is made of a body; nothing else passes by here. */
export function answerUnknownRoutes(server: FastifyInstance, refuse: Refuse): void {
  server.register(async scope => {
    scope.addHook('onRequest', refuse)
    scope.setNotFoundHandler(refuse)
  })
}

/** Refuses all other methods at a path that a pattern with parameters matches too. */
export function allowOnly(server: FastifyInstance, url: string, allowed: HTTPMethods[]): void {
  const refuse: Refuse = async (request, reply) => {
    throw notAllowed(request, reply, allowed)
  }
  server.route({
    method: methods.filter(method => !allowed.includes(method)),
    url,
    config: { access: 'user', audit: false },
    schema: { hide: true },
    onRequest: refuse,
    handler: refuse,
  })
}

function notAllowed({ method }: FastifyRequest, reply: FastifyReply, allowed: HTTPMethods[]): GatewayError {
  reply.header('allow', allowed.join(', '))
  return new GatewayError('MethodNotAllowed', `${method} is not allowed here; ${allowed.join(', ')} are.`)
}
