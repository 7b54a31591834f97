import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../../errors.ts'
import { logAborted } from './logging.ts'

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

/** What is the same for every request. */
export function prepareRequests(server: FastifyInstance): void {
  server.decorateRequest('streaming', false)
  server.addHook('onRequest', async (request, reply) => {
    logAborted(request, reply)
    setCommonHeaders(request, reply)
    // Node.js would refuse it with an empty answer.
    if (request.raw.httpVersion === '1.1' && request.raw.headers.host === undefined) {
      throw new GatewayError('InvalidRequest', 'The Host header is missing.', {
        faults: [{ where: '/headers/host', what: 'is required' }],
      })
    }
  })
}
