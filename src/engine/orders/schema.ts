import { type Static, Type } from '@sinclair/typebox'
import {
  closed,
  labelsPatchSchema,
  labelsSchema,
  metadataSchema,
  nullable,
  simulatedField,
  timestamp,
  uuid,
} from '../schema.ts'

/** Who chooses the ports of the node on which an order's pod is reached, in the words of V-Kube's clients. */
export const portSpecifications = { user: 'User Specified Service Port', random: 'Random Service Port' } as const
export type PortPolicy = keyof typeof portSpecifications

const portSpecification = Type.Union(
  Object.values(portSpecifications).map(text => Type.Literal(text)),
  { description: 'Whether the buyer names the ports of the node or the gateway chooses them' },
)

const resourceUnit = Type.String({
  pattern: '^(1|2|4|8|16)-Unit-Resource$',
  description: 'How many units of memory and CPU the order is worth (settings VKUBE_UNIT_MEMORY, VKUBE_UNIT_CPU)',
  examples: ['2-Unit-Resource'],
})

const duration = Type.Integer({
  minimum: 0,
  maximum: 876_000,
  description: 'How long the order is valid, in hours; 0: until somebody expires it',
  examples: [100],
})

const text = (description: string) => Type.String({ maxLength: 256, description })

/** What V-Kube's marketplace says of an order. The gateway keeps it and shows it to the buyer. */
const detailsProperties = {
  amount: Type.Number({ minimum: 0, description: 'Amount to be paid' }),
  amountPaid: Type.Number({ minimum: 0, description: 'Amount that has been paid' }),
  serviceID: text('Purchased service id'),
  service: text('Purchased service'),
  serviceCategoryID: text('Service category id'),
  provider: text('Name of the merchant'),
  address: text("The consumer's wallet address"),
  recipient: text("The merchant's wallet address"),
  publicKey: text('Public key that the order was made with'),
}
const detailsSchema = closed(detailsProperties)
export type OrderDetails = Static<typeof detailsSchema>

export const orderCreateSchema = closed(
  {
    resourceUnit,
    portSpecification: Type.Optional(portSpecification),
    duration: Type.Optional(duration),
    labels: Type.Optional(labelsSchema),
    ...Type.Partial(detailsSchema).properties,
  },
  {
    $id: 'OrderCreate',
    title: 'OrderCreate',
    examples: [
      { resourceUnit: '2-Unit-Resource', portSpecification: portSpecifications.user, duration: 100 },
      { resourceUnit: '1-Unit-Resource', portSpecification: portSpecifications.random },
    ],
  },
)
export type OrderCreate = Static<typeof orderCreateSchema>

export const orderPatchSchema = closed(
  {
    duration: Type.Optional({
      ...duration,
      description: 'Renews the order: so many hours from now on; 0: without end',
    }),
    expired: Type.Optional(Type.Literal(true, { description: 'Expires the order now' })),
    labels: Type.Optional(labelsPatchSchema),
  },
  { $id: 'OrderPatch', title: 'OrderPatch', minProperties: 1, examples: [{ expired: true }, { duration: 200 }] },
)
export type OrderPatch = Static<typeof orderPatchSchema>

export const orderStates = [
  'OrderFiled',
  'ServicePending',
  'ServiceRunning',
  'ServiceStop',
  'ServiceDone',
  'ServiceAbort',
] as const
export type OrderState = (typeof orderStates)[number]

const portSchema = closed({
  containerPort: Type.Integer({ minimum: 1, maximum: 65535 }),
  hostPort: nullable(Type.Integer({ minimum: 1, maximum: 65535 }), 'The port of the node; null: not published'),
  protocol: Type.Union([Type.Literal('TCP'), Type.Literal('UDP')]),
})
export type DeployedPort = Static<typeof portSchema>

const deploymentViewSchema = closed({
  region: Type.String(),
  cluster: Type.String({ description: 'Name of the cluster; empty when it is gone' }),
  namespace: Type.String(),
  pod: nullable(Type.String(), 'Name of the pod; null while there is none'),
  stopped: Type.Boolean({ description: 'The buyer has stopped it' }),
  containers: Type.Array(
    closed({
      name: Type.String(),
      image: Type.String(),
      memory: Type.String({ examples: ['100Mi'] }),
      ports: Type.Array(portSchema),
    }),
  ),
})

export const orderSchema = closed(
  {
    id: uuid("The order's id"),
    name: Type.String({ description: 'The same as the id' }),
    owner: Type.String({ description: 'The admin who made it' }),
    labels: labelsSchema,
    resourceUnit,
    portSpecification,
    memory: Type.String({ description: 'What the units are worth', examples: ['2Gi'] }),
    cpu: Type.String({ description: 'What the units are worth', examples: ['500m'] }),
    duration,
    expiresAt: nullable(timestamp(''), 'Null: never'),
    status: Type.Union(
      orderStates.map(state => Type.Literal(state)),
      {
        description:
          '`OrderFiled`: nothing is deployed; `ServiceDone`: expired by time; `ServiceAbort`: by an admin, or being deleted',
      },
    ),
    message: nullable(
      Type.String({ maxLength: 1024 }),
      'Why Kubernetes does not take what is deployed, which is not tried again as it is; null: nothing is known against it',
    ),
    deployment: nullable(deploymentViewSchema, 'What the buyer wants to run'),
    ...detailsProperties,
    simulated: simulatedField,
    updatedAt: timestamp('When what is wanted changed last'),
    metadata: metadataSchema,
  },
  { $id: 'Order', title: 'Order', description: 'What a V-Kube secret stands for' },
)
export type Order = Static<typeof orderSchema>

export const orderMadeSchema = closed(
  {
    order: Type.Unsafe<Order>({ $ref: 'Order#' }),
    secret: Type.String({ description: '32 random bytes in base58. Shown this once; only a hash is kept' }),
  },
  { $id: 'OrderMade', title: 'OrderMade', description: 'A new order with its secret' },
)
