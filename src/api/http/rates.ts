import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../../errors.ts'

/**
 * Routes whose config has `rateLimit` take only so many requests of an address; others as many as come. More are
 * TooManyRequests, with `Retry-After`.
 */
export function limitRates(server: FastifyInstance): void {
  server.register(rateLimit, {
    global: false,
    errorResponseBuilder: (_request, { after }) =>
      new GatewayError('TooManyRequests', `too many requests; try again in ${after}`),
  })
}
