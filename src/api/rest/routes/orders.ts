import type { Order } from '../../../engine/orders/schema.ts'
import { principalOf } from '../../http/context.ts'
import type { HttpServer } from '../../http/server.ts'
import type { RestContext } from '../context.ts'
import { entityTag, ifMatchVersion } from '../headers.ts'
import { answerList, answerOne, fieldFilter } from '../reads.ts'
import * as schemas from './orders.schema.ts'

const user = { access: 'user' } as const
const admin = { access: 'admin' } as const

export function orderRoutes(server: HttpServer, { engine, watches }: RestContext): void {
  const { orders } = engine
  const table = engine.tables.orders

  server.get('/orders', { config: user, schema: schemas.orderList }, (request, reply) => {
    const { query } = request
    return answerList({ table, watches, request, reply, query, filter: fieldFilter<Order>(query, ['status']) })
  })

  server.post('/orders', { config: admin, schema: schemas.orderCreate }, async (request, reply) => {
    const made = await orders.create(principalOf(request), request.body)
    reply.code(201).header('location', `/api/v1/orders/${made.order.id}`)
    return made
  })

  server.get('/orders/:id', { config: user, schema: schemas.orderGet }, (request, reply) => {
    const { query, params } = request
    return answerOne({ table, watches, request, reply, query, noun: 'order', key: params.id })
  })

  server.patch('/orders/:id', { config: admin, schema: schemas.orderUpdate }, async (request, reply) => {
    const { params, body, headers } = request
    const order = await orders.patch(principalOf(request), params.id, body, ifMatchVersion(headers['if-match']))
    reply.header('etag', entityTag(order.metadata.resourceVersion))
    return order
  })

  server.delete('/orders/:id', { config: admin, schema: schemas.orderDelete }, async (request, reply) => {
    const { params, headers } = request
    reply.code(202)
    return orders.remove(principalOf(request), params.id, ifMatchVersion(headers['if-match']))
  })
}
