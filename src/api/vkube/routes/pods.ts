import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { OrderIdentity } from '../../../engine/orders/orders.ts'
import { GatewayError } from '../../../errors.ts'
import { orderOf } from '../../http/context.ts'
import { signalOf } from '../../http/lifecycle.ts'
import type { HttpServer } from '../../http/server.ts'
import type { VkubeContext } from '../context.ts'
import { logEvents, readLog } from '../logs.ts'
import * as schemas from './pods.schema.ts'

const config = { access: 'order' } as const
/** Log streams that an order may have open at a time. */
const mostStreams = 8

export function podRoutes(server: HttpServer, { engine, streams }: VkubeContext): void {
  const { pods, deployments } = engine.orders
  const done = { status: 'OK' }

  server.get('/pod/status', { config, schema: schemas.podStatus }, async request => {
    return pods.status(orderOf(request).id) ?? {}
  })

  server.get('/pod/log', { config, schema: schemas.podLog }, async (request, reply) => {
    const order = orderOf(request)
    const text = await readLog(await pods.log(order.id, request.query, lifeOf(order, reply)))
    return reply.type('application/json; charset=utf-8').send(JSON.stringify(text))
  })

  server.get('/pod/logs', { config, schema: schemas.podLogs }, async (request, reply) => {
    const order = orderOf(request)
    if ((streams.get(order.id) ?? 0) >= mostStreams)
      throw new GatewayError('TooManyRequests', `an order may have ${mostStreams} streams open`)
    streams.set(order.id, (streams.get(order.id) ?? 0) + 1)
    reply.raw.once('close', () => {
      const left = (streams.get(order.id) ?? 1) - 1
      if (left > 0) streams.set(order.id, left)
      else streams.delete(order.id)
    })
    const query = { ...request.query, follow: true }
    const log = await pods.log(order.id, query, lifeOf(order, reply))
    request.streaming = true
    return reply.type('text/event-stream; charset=utf-8').send(Readable.from(logEvents(log)))
  })

  server.post('/pod/restart', { config, schema: schemas.podRestart }, async request => {
    await deployments.restart(orderOf(request).id)
    return done
  })
  server.post('/pod/stop', { config, schema: schemas.podStop }, async request => {
    await deployments.stop(orderOf(request).id)
    return done
  })
  server.post('/pod/start', { config, schema: schemas.podStart }, async request => {
    await deployments.start(orderOf(request).id)
    return done
  })
  server.delete('/pod', { config, schema: schemas.podDelete }, async request => {
    await deployments.remove(orderOf(request).id)
    return done
  })
  server.put('/pod/update', { config, schema: schemas.podUpdate }, async request => {
    const { environment = {}, config = {} } = request.body
    await deployments.update(orderOf(request).id, { environment, config })
    return done
  })
}

/** As long as somebody reads and the order is valid. */
function lifeOf({ ended }: OrderIdentity, reply: FastifyReply): AbortSignal {
  return AbortSignal.any([ended, signalOf(reply)])
}
