import { Type } from '@sinclair/typebox'
import { balancerSchema } from '../../../engine/balancers/schema.ts'
import { watchable } from '../answers.ts'
import { describe } from '../describe.ts'
import { clusterParams, filterBy, listHeaders, listParameters } from '../parameters.ts'
import { balancerEventSchema, balancerListSchema } from '../schemas.ts'

const tag = 'balancers'
const { cluster, namespace, service, node, state, protocol } = balancerSchema.properties
const filters = {
  namespace: filterBy(namespace),
  service: filterBy(service),
  node: filterBy(node),
  state: filterBy(state),
  protocol: filterBy(protocol),
  vip: filterBy(Type.String()),
}

export const balancerList = describe(
  { querystring: listParameters({ cluster: filterBy(cluster), ...filters }), headers: listHeaders },
  {
    operationId: 'balancerList',
    summary: 'List or watch load balancers',
    tag,
    answers: { 200: watchable(balancerListSchema, balancerEventSchema, 'The real servers of all load balancers') },
    errors: ['Expired', 'TooManyRequests'],
  },
)

export const clusterBalancerList = describe(
  { params: clusterParams, querystring: listParameters(filters), headers: listHeaders },
  {
    operationId: 'clusterBalancerList',
    summary: "List or watch a cluster's load balancers",
    tag,
    answers: {
      200: watchable(balancerListSchema, balancerEventSchema, "The real servers of the cluster's load balancers"),
    },
    errors: ['Expired', 'TooManyRequests'],
  },
)
