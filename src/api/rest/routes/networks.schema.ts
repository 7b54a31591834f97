import { Type } from '@sinclair/typebox'
import { networkSchema, poolCreateSchema } from '../../../engine/networks/schema.ts'
import { ref } from '../../http/openapi/ref.ts'
import { ok, watchable } from '../answers.ts'
import { describe } from '../describe.ts'
import { describeOne } from '../describe-one.ts'
import { filterBy, listHeaders, listParameters } from '../parameters.ts'
import { networkEventSchema, networksAnswerSchema } from '../schemas.ts'

const tag = 'networks'
const networkParams = Type.Object({
  name: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,252}$',
    description: "The network's name",
    examples: ['kindgate-alex'],
  }),
})

export const networkList = describe(
  {
    querystring: listParameters({
      cluster: filterBy(networkSchema.properties.cluster),
      kind: filterBy(networkSchema.properties.kind),
      host: Type.Optional(
        Type.Boolean({
          description: "List the interfaces of the gateway's host instead, for admins; goes with nothing else",
        }),
      ),
    }),
    headers: listHeaders,
  },
  {
    operationId: 'networkList',
    summary: 'List or watch networks',
    tag,
    answers: { 200: watchable(networksAnswerSchema, networkEventSchema, "The clusters' networks; for admins, pools") },
    errors: ['Forbidden', 'Expired', 'TooManyRequests'],
  },
)

export const networkGet = describeOne({
  params: networkParams,
  noun: 'network',
  tag,
  schema: networkSchema,
  event: networkEventSchema,
})

export const networkCreate = describe(
  { body: ref(poolCreateSchema) },
  {
    operationId: 'networkCreate',
    summary: 'Make a pool of external addresses',
    description:
      'Load balancers of all clusters get their addresses from pools, in the order in which these were made.',
    tag,
    answers: {
      201: ok(networkSchema, 'The pool', {
        Location: Type.String({ description: 'The pool', examples: ['/api/v1/networks/pool-5e2f9c1a'] }),
      }),
    },
    errors: ['Forbidden', 'Conflict', 'AlreadyExists', 'Unprocessable', 'PayloadTooLarge', 'UnsupportedMediaType'],
  },
)

export const networkDelete = describe(
  { params: networkParams },
  {
    operationId: 'networkDelete',
    summary: 'Remove a pool of external addresses',
    description: 'Refused while a load balancer has one of its addresses.',
    tag,
    answers: { 204: { type: 'null', description: 'It is gone' } },
    errors: ['Forbidden', 'Conflict', 'ReadOnly', 'PayloadTooLarge', 'UnsupportedMediaType'],
  },
)
