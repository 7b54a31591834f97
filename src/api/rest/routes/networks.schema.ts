import { Type } from '@sinclair/typebox'
import { networkSchema } from '../../../engine/networks/schema.ts'
import { etagHeader, notModified, watchable } from '../answers.ts'
import { describe } from '../describe.ts'
import { filterBy, listHeaders, listParameters, oneHeaders, oneParameters } from '../parameters.ts'
import { networkEventSchema, networkListSchema } from '../schemas.ts'

const tag = 'networks'
const networkParams = Type.Object({
  name: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,252}$',
    description: "The network's name",
    examples: ['kindgate-alex'],
  }),
})

export const networkList = describe(
  { querystring: listParameters({ cluster: filterBy(networkSchema.properties.cluster) }), headers: listHeaders },
  {
    operationId: 'networkList',
    summary: 'List or watch networks',
    tag,
    answers: { 200: watchable(networkListSchema, networkEventSchema, "The clusters' networks") },
    errors: ['Expired', 'TooManyRequests'],
  },
)

export const networkGet = describe(
  { params: networkParams, querystring: oneParameters, headers: oneHeaders },
  {
    operationId: 'networkGet',
    summary: 'Get or watch a network',
    tag,
    answers: { 200: watchable(networkSchema, networkEventSchema, 'The network', etagHeader), 304: notModified },
    errors: ['Expired', 'TooManyRequests'],
  },
)
