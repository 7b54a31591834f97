import { Type } from '@sinclair/typebox'
import { operationSchema } from '../../../engine/operations/schema.ts'
import { etagHeader, nothingMore, notModified, watchable } from '../answers.ts'
import { describe } from '../describe.ts'
import { filterBy, listHeaders, listParameters, oneHeaders, oneParameters } from '../parameters.ts'
import { operationEventSchema, operationListSchema } from '../schemas.ts'

const tag = 'operations'
const { action, state, id } = operationSchema.properties
const cluster = Type.String({ examples: ['alex'] })

export const operationList = describe(
  {
    querystring: listParameters({ cluster: filterBy(cluster), state: filterBy(state), action: filterBy(action) }),
    headers: listHeaders,
  },
  {
    operationId: 'operationList',
    summary: 'List or watch operations',
    description: 'Those that have ended stay for a while (setting OPERATION_TTL).',
    tag,
    answers: { 200: watchable(operationListSchema, operationEventSchema, 'The operations') },
    errors: ['Expired', 'TooManyRequests'],
  },
)

export const operationGet = describe(
  { params: Type.Object({ id }), querystring: oneParameters, headers: oneHeaders },
  {
    operationId: 'operationGet',
    summary: 'Get or watch an operation',
    description: 'A watch ends by itself after the event that says how the operation has ended.',
    tag,
    answers: {
      200: watchable(operationSchema, operationEventSchema, 'The operation', etagHeader),
      204: nothingMore,
      304: notModified,
    },
    errors: ['Expired', 'TooManyRequests'],
  },
)
