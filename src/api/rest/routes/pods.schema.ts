import { podFields } from '../../../engine/pods/fields.ts'
import { podSchema } from '../../../engine/pods/schema.ts'
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
import { podEventSchema, podListSchema } from '../schemas.ts'

const tag = 'pods'
const { cluster, namespace, node, status } = podSchema.properties
const filters = {
  namespace: filterBy(namespace),
  node: filterBy(node),
  status: filterBy(status),
  fieldSelector: fieldSelectorOf(podFields),
}

export const podList = describe(
  { querystring: listParameters({ cluster: filterBy(cluster), ...filters }), headers: listHeaders },
  {
    operationId: 'podList',
    summary: 'List or watch pods',
    description: 'What was last seen of a cluster that is stopped or does not answer; such a list is `stale`.',
    tag,
    answers: { 200: watchable(podListSchema, podEventSchema, 'The pods of all clusters') },
    errors: ['Expired', 'TooManyRequests'],
  },
)

export const clusterPodList = describe(
  { params: clusterParams, querystring: listParameters(filters), headers: listHeaders },
  {
    operationId: 'clusterPodList',
    summary: "List or watch a cluster's pods",
    tag,
    answers: { 200: watchable(podListSchema, podEventSchema, "The cluster's pods") },
    errors: ['Expired', 'TooManyRequests'],
  },
)

export const podGet = describe(
  { params: namespacedParams, querystring: oneParameters, headers: oneHeaders },
  {
    operationId: 'podGet',
    summary: 'Get or watch a pod',
    tag,
    answers: { 200: watchable(podSchema, podEventSchema, 'The pod', etagHeader), 304: notModified },
    errors: ['Expired', 'TooManyRequests'],
  },
)
