import { type TSchema, Type } from '@sinclair/typebox'
import { balancerSchema } from '../../engine/balancers/schema.ts'
import { clusterCreateSchema, clusterPatchSchema, clusterSchema } from '../../engine/clusters/schema.ts'
import { imageSchema } from '../../engine/images/schema.ts'
import { hostNetworksSchema, networkSchema, poolCreateSchema } from '../../engine/networks/schema.ts'
import { nodeSchema, nodesAddSchema, processSchema } from '../../engine/nodes/schema.ts'
import { operationSchema } from '../../engine/operations/schema.ts'
import { orderCreateSchema, orderMadeSchema, orderPatchSchema, orderSchema } from '../../engine/orders/schema.ts'
import { podSchema } from '../../engine/pods/schema.ts'
import { refSchema } from '../../engine/refs/schema.ts'
import { closed } from '../../engine/schema.ts'
import { serviceSchema } from '../../engine/services/schema.ts'
import { versionSchema } from '../../engine/versions.ts'
import { ref } from '../http/openapi/ref.ts'
import { problemSchema } from '../http/problems.ts'
import { balancerExample } from './examples/balancers.ts'
import { clusterExample } from './examples/clusters.ts'
import { imageExample } from './examples/images.ts'
import { networkExample } from './examples/networks.ts'
import { nodeExample, processExample } from './examples/nodes.ts'
import { operationExample } from './examples/operations.ts'
import { orderExample } from './examples/orders.ts'
import { podExample } from './examples/pods.ts'
import { refExample } from './examples/refs.ts'
import { serviceExample } from './examples/services.ts'

export const listMetadataSchema = closed(
  {
    resourceVersion: Type.String({
      description: 'What to watch from, to miss nothing after this list',
      examples: ['1763712000000042'],
    }),
    continue: Type.Optional(Type.String({ description: 'Where the next page starts; missing on the last page' })),
    stale: Type.Optional(Type.Literal(true, { description: 'The list shows what was last seen' })),
    staleSince: Type.Optional(Type.String({ format: 'date-time', description: 'Since when' })),
    staleReason: Type.Optional(Type.String({ description: 'Why' })),
  },
  { $id: 'ListMetadata', title: 'ListMetadata', description: 'About a list' },
)

export function listOf(item: TSchema, example: object) {
  return closed(
    { items: Type.Array(ref(item)), metadata: ref(listMetadataSchema) },
    {
      $id: `${item.$id}List`,
      title: `${item.$id}List`,
      examples: [{ items: [example], metadata: { resourceVersion: '1763712000000042' } }],
    },
  )
}

export function plainListOf(item: TSchema, example: object) {
  return closed(
    { items: Type.Array(ref(item)) },
    { $id: `${item.$id}List`, title: `${item.$id}List`, examples: [{ items: [example] }] },
  )
}

const bookmarkSchema = closed(
  {
    type: Type.Literal('BOOKMARK'),
    object: closed({
      metadata: closed({
        resourceVersion: Type.String({ examples: ['1763712000000042'] }),
        annotations: Type.Optional(closed({ 'k8s.io/initial-events-end': Type.Literal('true') })),
      }),
    }),
  },
  {
    $id: 'Bookmark',
    title: 'Bookmark',
    description: 'Everything up to this version has been sent. The first one after the initial state is annotated.',
  },
)

const watchErrorSchema = closed(
  {
    type: Type.Literal('ERROR'),
    object: closed({
      kind: Type.Literal('Status'),
      status: Type.Literal('Failure'),
      reason: Type.Literal('Expired'),
      code: Type.Literal(410),
      message: Type.String(),
    }),
  },
  { $id: 'WatchError', title: 'WatchError', description: 'The last event of a watch that cannot go on: list again' },
)

export function eventOf(object: TSchema) {
  const change = closed({
    type: Type.Union([Type.Literal('ADDED'), Type.Literal('MODIFIED'), Type.Literal('DELETED')]),
    object: ref(object),
  })
  return Type.Union([change, ref(bookmarkSchema), ref(watchErrorSchema)], {
    $id: `${object.$id}Event`,
    title: `${object.$id}Event`,
    description: 'One event of a watch; on DELETED, the object as it was last',
  })
}

export const clusterListSchema = listOf(clusterSchema, clusterExample)
export const nodeListSchema = listOf(nodeSchema, nodeExample)
export const podListSchema = listOf(podSchema, podExample)
export const serviceListSchema = listOf(serviceSchema, serviceExample)
export const networkListSchema = listOf(networkSchema, networkExample)
export const balancerListSchema = listOf(balancerSchema, balancerExample)
/** `host=true` answers otherwise. */
export const networksAnswerSchema = Type.Union([ref(networkListSchema), ref(hostNetworksSchema)], {
  $id: 'NetworksAnswer',
  title: 'NetworksAnswer',
  description: 'Networks; with `host=true` the interfaces of the host',
})
export const operationListSchema = listOf(operationSchema, operationExample)
export const orderListSchema = listOf(orderSchema, orderExample)
export const refListSchema = listOf(refSchema, refExample)
export const imageListSchema = closed(
  {
    items: Type.Array(ref(imageSchema)),
    metadata: closed({
      stale: Type.Optional(
        Type.Literal(true, {
          description: 'A registry does not answer: of its repositories only local images are listed',
        }),
      ),
      staleReason: listMetadataSchema.properties.staleReason,
    }),
  },
  { $id: 'ImageList', title: 'ImageList', examples: [{ items: [imageExample], metadata: {} }] },
)
export const processListSchema = plainListOf(processSchema, processExample)
export const clusterEventSchema = eventOf(clusterSchema)
export const nodeEventSchema = eventOf(nodeSchema)
export const podEventSchema = eventOf(podSchema)
export const serviceEventSchema = eventOf(serviceSchema)
export const networkEventSchema = eventOf(networkSchema)
export const balancerEventSchema = eventOf(balancerSchema)
export const refEventSchema = eventOf(refSchema)
export const operationEventSchema = eventOf(operationSchema)
export const orderEventSchema = eventOf(orderSchema)

export const healthSchema = closed(
  {
    ready: Type.Boolean(),
    checks: Type.Array(closed({ name: Type.String({ examples: ['store'] }), ready: Type.Boolean() })),
  },
  { $id: 'Health', title: 'Health', examples: [{ ready: true, checks: [{ name: 'store', ready: true }] }] },
)

/** Every schema that has a name of its own in the OpenAPI document. */
export const sharedSchemas: TSchema[] = [
  clusterSchema,
  clusterCreateSchema,
  clusterPatchSchema,
  clusterListSchema,
  clusterEventSchema,
  nodeSchema,
  nodesAddSchema,
  nodeListSchema,
  nodeEventSchema,
  processSchema,
  processListSchema,
  podSchema,
  podListSchema,
  podEventSchema,
  serviceSchema,
  serviceListSchema,
  serviceEventSchema,
  networkSchema,
  networkListSchema,
  networkEventSchema,
  networksAnswerSchema,
  hostNetworksSchema,
  poolCreateSchema,
  balancerSchema,
  balancerListSchema,
  balancerEventSchema,
  imageSchema,
  imageListSchema,
  operationSchema,
  operationListSchema,
  operationEventSchema,
  orderSchema,
  orderCreateSchema,
  orderPatchSchema,
  orderMadeSchema,
  orderListSchema,
  orderEventSchema,
  refSchema,
  refListSchema,
  refEventSchema,
  versionSchema,
  healthSchema,
  listMetadataSchema,
  bookmarkSchema,
  watchErrorSchema,
  problemSchema,
]
