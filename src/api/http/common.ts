import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../../errors.ts'

const headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** What every answer has. A page that needs more, such as the docs, sets its own Content-Security-Policy. */
export function setCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-request-id', request.id).headers(headers)
}

/** Called once for a request whose answer has been sent, or whose connection has ended. */
export type WhenOver = (request: FastifyRequest, reply: FastifyReply) => void

/** What is the same for every request. */
export function prepareRequests(server: FastifyInstance, whenOver: readonly WhenOver[]): void {
  server.decorateRequest('streaming', false)
  server.addHook('onRequest', (request, reply, done) => {
    reply.raw.once('close', () => {
      for (const call of whenOver) call(request, reply)
    })
    setCommonHeaders(request, reply)
    // Node.js would refuse it with an empty answer.
    if (request.raw.httpVersion === '1.1' && request.raw.headers.host === undefined) {
      throw new GatewayError('InvalidRequest', 'The Host header is missing.', {
        faults: [{ where: '/headers/host', what: 'is required' }],
      })
    }
    done()
  })
}
