import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Engine } from '../../engine/api.ts'
import { GatewayError } from '../../errors.ts'
import { refuseFailing, type Throttle } from './throttle.ts'

/**
 * Makes what finds out whose order a request is about, by its header `secret`, and puts it into `request.order`. Errors:
 * Unauthorized, TooManyRequests (after too many credentials of any kind that were not valid), Forbidden (the order has
 * expired).
 */
export function createOrderGuard(throttle: Throttle, orders: Pick<Engine['orders'], 'authenticate'>) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { secret } = request.headers
    if (typeof secret !== 'string') throw new GatewayError('Unauthorized', 'the header secret is missing')
    refuseFailing(throttle, secret, request, reply)
    const order = orders.authenticate(secret)
    if (!order) {
      throttle.failed(request.ip)
      throw new GatewayError('Unauthorized', 'the secret is wrong')
    }
    throttle.accepted(request.ip, secret)
    request.order = order
    if (order.expired) throw new GatewayError('Forbidden', 'the order has expired')
  }
}
