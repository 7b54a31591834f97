import { Type } from '@sinclair/typebox'
import { parse } from 'yaml'
import { clusterCreateSchema, clusterPatchSchema, clusterSchema } from '../../../engine/clusters/schema.ts'
import { mergePatchType } from '../../http/bodies.ts'
import { ref } from '../../http/openapi/ref.ts'
import { commandAnswers, watchable } from '../answers.ts'
import { describe } from '../describe.ts'
import { describeAct } from '../describe-act.ts'
import { describeOne } from '../describe-one.ts'
import { kubeconfigExample } from '../examples/clusters.ts'
import { changeHeaders, clusterParams, createHeaders, filterBy, listHeaders, listParameters } from '../parameters.ts'
import { clusterEventSchema, clusterListSchema } from '../schemas.ts'

const tag = 'clusters'

/** Kubernetes' own (client-go, clientcmd/api/v1). */
const kubeconfigSchema = Type.Object({}, { additionalProperties: true, description: 'A kubeconfig' })
const { name, state, managedBy } = clusterSchema.properties

export const clusterList = describe(
  {
    querystring: listParameters({ name: filterBy(name), state: filterBy(state), managedBy: filterBy(managedBy) }),
    headers: listHeaders,
  },
  {
    operationId: 'clusterList',
    summary: 'List or watch clusters',
    description: "The gateway's clusters, and those that the kind CLI made, which can only be read.",
    tag,
    answers: { 200: watchable(clusterListSchema, clusterEventSchema, 'The clusters') },
    errors: ['Expired', 'TooManyRequests'],
  },
)

export const clusterCreate = describe(
  { headers: createHeaders, body: ref(clusterCreateSchema) },
  {
    operationId: 'clusterCreate',
    summary: 'Create or import a cluster',
    description:
      'Makes a cluster of containers from a Kind node image; when it fails, nothing is left of it unless `retain` is true. With `kubeconfig`, takes in a cluster that somebody else runs. Entries of the kubeconfig that would run a program or read a file on the gateway are refused with 422, which names them.',
    tag,
    answers: commandAnswers,
    errors: ['Forbidden', 'ImageNotAllowed', 'AlreadyExists', 'Conflict', 'Unprocessable', 'TooManyRequests'],
  },
)

export const clusterGet = describeOne({
  params: clusterParams,
  noun: 'cluster',
  tag,
  schema: clusterSchema,
  event: clusterEventSchema,
})

export const clusterUpdate = describe(
  { params: clusterParams, headers: changeHeaders, body: ref(clusterPatchSchema) },
  {
    operationId: 'clusterUpdate',
    summary: 'Scale, stop, start or label a cluster',
    description: 'What is not mentioned stays as it is; the operation ends when the cluster is as it shall be.',
    tag,
    consumes: ['application/json', mergePatchType],
    answers: commandAnswers,
    errors: ['Forbidden', 'Conflict', 'ReadOnly', 'PreconditionFailed', 'Unprocessable'],
  },
)

export const clusterDelete = describe(
  { params: clusterParams, headers: changeHeaders },
  {
    operationId: 'clusterDelete',
    summary: 'Delete a cluster',
    description:
      'Removes its containers, network and volumes. A creation that is under way stops first. An imported cluster is forgotten; nothing in it changes.',
    tag,
    answers: commandAnswers,
    errors: ['Forbidden', 'Conflict', 'ReadOnly', 'PreconditionFailed'],
  },
)

export const clusterStart = describeAct(clusterParams, {
  operationId: 'clusterStart',
  summary: 'Start a cluster',
  description: 'Starts its nodes and waits until they are ready. Addresses and kubeconfig are as before.',
  tag,
})

export const clusterStop = describeAct(clusterParams, {
  operationId: 'clusterStop',
  summary: 'Stop a cluster',
  description: 'Stops its nodes; what they hold stays.',
  tag,
})

export const kubeconfigGet = describe(
  { params: clusterParams },
  {
    operationId: 'kubeconfigGet',
    summary: "Get a cluster's kubeconfig",
    description: 'For kubectl on the Docker host. Whoever has it is an admin of the cluster.',
    tag,
    answers: {
      200: {
        description: 'The kubeconfig',
        content: { 'application/yaml': { schema: kubeconfigSchema, example: parse(kubeconfigExample) } },
      },
    },
    errors: ['Conflict'],
  },
)
