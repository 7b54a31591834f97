import { serviceFields } from '../../../engine/services/fields.ts'
import { serviceSchema } from '../../../engine/services/schema.ts'
import { etagHeader, notModified, watchable } from '../answers.ts'
import { describe } from '../describe.ts'
import {
  clusterParams,
  fieldSelectorOf,
  filterBy,
  listHeaders,
  listParameters,
  namespacedParams,
  oneHeaders,
  oneParameters,
} from '../parameters.ts'
import { serviceEventSchema, serviceListSchema } from '../schemas.ts'

const tag = 'services'
const { cluster, namespace, type } = serviceSchema.properties
const filters = {
  namespace: filterBy(namespace),
  type: filterBy(type),
  fieldSelector: fieldSelectorOf(serviceFields),
}

export const serviceList = describe(
  { querystring: listParameters({ cluster: filterBy(cluster), ...filters }), headers: listHeaders },
  {
    operationId: 'serviceList',
    summary: 'List or watch services',
    description: 'What was last seen of a cluster that is stopped or does not answer; such a list is `stale`.',
    tag,
    answers: { 200: watchable(serviceListSchema, serviceEventSchema, 'The services of all clusters') },
    errors: ['Expired', 'TooManyRequests'],
  },
)

export const clusterServiceList = describe(
  { params: clusterParams, querystring: listParameters(filters), headers: listHeaders },
  {
    operationId: 'clusterServiceList',
    summary: "List or watch a cluster's services",
    tag,
    answers: { 200: watchable(serviceListSchema, serviceEventSchema, "The cluster's services") },
    errors: ['Expired', 'TooManyRequests'],
  },
)

export const serviceGet = describe(
  { params: namespacedParams, querystring: oneParameters, headers: oneHeaders },
  {
    operationId: 'serviceGet',
    summary: 'Get or watch a service',
    tag,
    answers: { 200: watchable(serviceSchema, serviceEventSchema, 'The service', etagHeader), 304: notModified },
    errors: ['Expired', 'TooManyRequests'],
  },
)
