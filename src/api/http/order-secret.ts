import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Engine } from '../../engine/api.ts'
import { GatewayError } from '../../errors.ts'

/** Wrong secrets that an address may send in a minute. */
const mostWrong = 20

/**
 * Makes what finds out whose order a request is about, by its header `secret`, and puts it into `request.order`. Errors:
 * Unauthorized, TooManyRequests, Forbidden (the order has expired).
 */
export function createOrderGuard(server: FastifyInstance, orders: Pick<Engine['orders'], 'authenticate'>) {
  let count: ReturnType<FastifyInstance['createRateLimit']> | undefined
  const wrong = async (request: FastifyRequest) => {
    // Not before the plugin is there.
    count ??= server.createRateLimit({ max: mostWrong, timeWindow: 60_000 })
    const limit = await count(request)
    if (!limit.isAllowed && limit.isExceeded)
      throw new GatewayError('TooManyRequests', `too many wrong secrets; try again in ${limit.ttlInSeconds} s`)
  }

  return async (request: FastifyRequest): Promise<void> => {
    const { secret } = request.headers
    const order = typeof secret === 'string' ? orders.authenticate(secret) : undefined
    if (!order) {
      if (secret !== undefined) await wrong(request)
      throw new GatewayError(
        'Unauthorized',
        secret === undefined ? 'the header secret is missing' : 'the secret is wrong',
      )
    }
    request.order = order
    if (order.expired) throw new GatewayError('Forbidden', 'the order has expired')
  }
}
