import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { GatewayError } from '../../errors.ts'
import { pathOf } from './urls.ts'

/** What no route matches: 405 with `Allow` where the path exists for other methods, else 404. */
export function refuseUnknownRoutes(server: FastifyInstance): void {
  server.setNotFoundHandler(async (request: FastifyRequest, reply: FastifyReply) => {
    const path = pathOf(request.raw.url ?? '/')
    const allowed = methods.filter(method => server.findRoute({ method, url: path }) !== null)
    // A route that is there may find nothing itself, such as that of the docs' files.
    if (allowed.length === 0 || allowed.some(method => method === request.method))
      throw new GatewayError('NotFound', `There is nothing at ${path.slice(0, 256)}.`)
    reply.header('allow', allowed.join(', '))
    throw new GatewayError('MethodNotAllowed', `${request.method} is not allowed here; ${allowed.join(', ')} are.`)
  })
}

const methods: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
