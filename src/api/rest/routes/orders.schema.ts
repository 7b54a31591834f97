import { Type } from '@sinclair/typebox'
import { orderCreateSchema, orderMadeSchema, orderPatchSchema, orderSchema } from '../../../engine/orders/schema.ts'
import { mergePatchType } from '../../http/bodies.ts'
import { ref } from '../../http/openapi/ref.ts'
import { etagHeader, ok, watchable } from '../answers.ts'
import { describe } from '../describe.ts'
import { describeOne } from '../describe-one.ts'
import { filterBy, ifMatchHeaders, listHeaders, listParameters } from '../parameters.ts'
import { orderEventSchema, orderListSchema } from '../schemas.ts'

const tag = 'orders'
const { status, id } = orderSchema.properties
const orderParams = Type.Object({ id })
const tooMuch = ['PayloadTooLarge', 'UnsupportedMediaType'] as const

export const orderList = describe(
  { querystring: listParameters({ status: filterBy(status) }), headers: listHeaders },
  {
    operationId: 'orderList',
    summary: 'List or watch orders',
    tag,
    answers: { 200: watchable(orderListSchema, orderEventSchema, 'The orders') },
    errors: ['Expired', 'TooManyRequests'],
  },
)

export const orderCreate = describe(
  { body: ref(orderCreateSchema) },
  {
    operationId: 'orderCreate',
    summary: 'Make an order',
    description: 'For admins. The secret stands for the order in the V-Kube API; it is told this once.',
    tag,
    answers: {
      201: ok(orderMadeSchema, 'The order and its secret', {
        Location: Type.String({ description: 'The order' }),
      }),
    },
    errors: ['Forbidden', ...tooMuch],
  },
)

export const orderGet = describeOne({
  params: orderParams,
  noun: 'order',
  tag,
  schema: orderSchema,
  event: orderEventSchema,
})

export const orderUpdate = describe(
  { params: orderParams, headers: ifMatchHeaders, body: ref(orderPatchSchema) },
  {
    operationId: 'orderUpdate',
    summary: 'Renew, expire or label an order',
    description:
      'For admins. What runs for an order that has expired is removed after a while (setting VKUBE_GRACE), and runs again when the order is renewed.',
    tag,
    consumes: ['application/json', mergePatchType],
    answers: { 200: ok(orderSchema, 'The order', etagHeader) },
    errors: ['Forbidden', 'Conflict', 'PreconditionFailed', ...tooMuch],
  },
)

export const orderDelete = describe(
  { params: orderParams, headers: ifMatchHeaders },
  {
    operationId: 'orderDelete',
    summary: 'Delete an order',
    description: 'For admins. The secret is no good from now on; the order is gone when nothing of it runs any more.',
    tag,
    answers: { 202: ok(orderSchema, 'The order, on its way out') },
    errors: ['Forbidden', 'PreconditionFailed'],
  },
)
