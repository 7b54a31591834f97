import { Type } from '@sinclair/typebox'
import { nodeSchema, nodesAddSchema } from '../../../engine/nodes/schema.ts'
import { ref } from '../../http/openapi/ref.ts'
import { commandAnswers, ok, watchable } from '../answers.ts'
import { describe } from '../describe.ts'
import { describeAct } from '../describe-act.ts'
import { describeOne } from '../describe-one.ts'
import { changeHeaders, clusterParams, createHeaders, filterBy, listHeaders, listParameters } from '../parameters.ts'
import { nodeEventSchema, nodeListSchema, processListSchema } from '../schemas.ts'

const tag = 'nodes'
const { cluster, state, role } = nodeSchema.properties
const nodeParams = Type.Object({
  name: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,316}$',
    description: "The node's name",
    examples: ['node-2b251a2c.localhost'],
  }),
})

export const nodeList = describe(
  {
    querystring: listParameters({ cluster: filterBy(cluster), state: filterBy(state), role: filterBy(role) }),
    headers: listHeaders,
  },
  {
    operationId: 'nodeList',
    summary: 'List or watch nodes',
    tag,
    answers: { 200: watchable(nodeListSchema, nodeEventSchema, 'The nodes of all clusters') },
    errors: ['Expired', 'TooManyRequests'],
  },
)

export const clusterNodeList = describe(
  {
    params: clusterParams,
    querystring: listParameters({ state: filterBy(state), role: filterBy(role) }),
    headers: listHeaders,
  },
  {
    operationId: 'clusterNodeList',
    summary: "List or watch a cluster's nodes",
    tag,
    answers: { 200: watchable(nodeListSchema, nodeEventSchema, "The cluster's nodes") },
    errors: ['Expired', 'TooManyRequests'],
  },
)

export const clusterNodeAdd = describe(
  { params: clusterParams, headers: createHeaders, body: ref(nodesAddSchema) },
  {
    operationId: 'clusterNodeAdd',
    summary: 'Add workers to a cluster',
    description: 'Without a body: one.',
    tag,
    bodyOptional: true,
    answers: commandAnswers,
    errors: ['Forbidden', 'Conflict', 'ReadOnly', 'Unprocessable'],
  },
)

export const nodeGet = describeOne({
  params: nodeParams,
  noun: 'node',
  tag,
  schema: nodeSchema,
  event: nodeEventSchema,
})

export const nodeDelete = describe(
  { params: nodeParams, headers: changeHeaders },
  {
    operationId: 'nodeDelete',
    summary: 'Remove a worker',
    description: 'Drains it, then removes its container; the cluster wants one node less.',
    tag,
    answers: commandAnswers,
    errors: ['Forbidden', 'Conflict', 'ReadOnly', 'PreconditionFailed'],
  },
)

export const nodeStart = describeAct(nodeParams, {
  operationId: 'nodeStart',
  summary: 'Start a node',
  tag,
})

export const nodeStop = describeAct(nodeParams, {
  operationId: 'nodeStop',
  summary: 'Stop a node',
  description: 'It stays stopped until it or its cluster is started.',
  tag,
})

export const processList = describe(
  { params: nodeParams },
  {
    operationId: 'processList',
    summary: 'List the processes and threads in a node',
    tag,
    answers: { 200: ok(processListSchema, 'What runs in the node now') },
    errors: ['Conflict'],
  },
)
