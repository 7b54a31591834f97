import { type Static, Type } from '@sinclair/typebox'
import { regionName } from '../../engine/clusters/schema.ts'
import { orderSchema } from '../../engine/orders/schema.ts'
import { closed } from '../../engine/schema.ts'

const port = Type.Integer({ minimum: 1, maximum: 65535 })

export const checkPortsSchema = closed(
  {
    region: Type.String({ minLength: 1, maxLength: 256, description: 'Region of ports occupation validation.' }),
    ports: Type.Array(port, { maxItems: 1024, description: 'Ports numbers to be validated.' }),
    userServiceID: Type.Optional(Type.String({ maxLength: 256, description: 'Sent by clients, not used' })),
  },
  {
    $id: 'VkubeCheckPorts',
    title: 'VkubeCheckPorts',
    examples: [{ region: 'ausrine', ports: [22, 3306, 1234, 1111] }],
  },
)

export const portCheckSchema = closed(
  {
    occupied: Type.Array(port),
    status: Type.Union(
      ['NoResource', 'InternalErr', 'PortsOccupied', 'NotOccupied'].map(status => Type.Literal(status)),
    ),
  },
  { $id: 'VkubePortCheck', title: 'VkubePortCheck' },
)

// A container's name goes into Kubernetes objects as it is (RFC 1123 label).
const containerName = Type.String({
  pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$',
  description: 'Container name',
  examples: ['container1'],
})
// No control characters: texts end in the arguments and environment of a process.
const word = Type.String({ maxLength: 32_768, pattern: '^[^\\u0000]*$' })
const words = (description: string) =>
  Type.Optional(
    Type.Union([word, Type.Array(word, { maxItems: 256 })], {
      description: `${description} Newline-separated, or a list`,
    }),
  )
const variableName = '^[A-Za-z_.-][A-Za-z0-9_.-]{0,255}$'

const containerSchema = closed({
  name: containerName,
  imageName: Type.String({ minLength: 1, maxLength: 512, description: 'Image deployed inner container' }),
  ports: Type.Optional(
    Type.Array(
      closed({
        containerPort: Type.Optional({ ...port, description: 'Container port number; `hostPort` when left out' }),
        hostPort: Type.Optional({ ...port, description: 'Host port which container port map' }),
        protocol: Type.Optional(Type.Union([Type.Literal('TCP'), Type.Literal('UDP')], { default: 'TCP' })),
      }),
      { maxItems: 64, description: 'Container port and host port mapping' },
    ),
  ),
  resource: closed({
    memory: Type.String({
      pattern: '^(?=.*[1-9])\\d{1,9}(\\.\\d{1,3})?(Mi|Gi)$',
      description: 'Container memory size. Unit: Mi, Gi',
      examples: ['100Mi'],
    }),
  }),
  command: words('Command which run container.'),
  args: words('Arguments to run container.'),
  envs: Type.Optional(
    Type.Array(closed({ name: Type.String({ pattern: variableName }), value: word }), { maxItems: 256 }),
  ),
  configMountPath: Type.Optional(
    Type.String({
      pattern: '^/[^:\\u0000]{1,1023}$',
      description: 'Path of a file in the container whose text is `config`',
    }),
  ),
  config: Type.Optional(Type.String({ maxLength: 262_144, description: 'Text of the file at `configMountPath`' })),
})
export type VkubeContainer = Static<typeof containerSchema>

export const deploySchema = closed(
  {
    name: Type.Optional(
      Type.String({ maxLength: 256, description: 'Sent by clients, not used: the secret names the order' }),
    ),
    nodeSelector: Type.Optional(closed({ region: regionName }, { description: 'Region selector object' })),
    containers: Type.Array(containerSchema, { minItems: 1, maxItems: 16, description: 'Container object.' }),
  },
  {
    $id: 'VkubeDeploy',
    title: 'VkubeDeploy',
    examples: [
      {
        nodeSelector: { region: 'ausrine' },
        containers: [
          {
            name: 'container1',
            imageName: 'nginx',
            ports: [{ containerPort: 80, hostPort: 2999 }],
            resource: { memory: '100Mi' },
          },
        ],
      },
    ],
  },
)
export type VkubeDeploy = Static<typeof deploySchema>

export const deployedSchema = closed(
  {
    name: Type.String({ description: "The order's id, which names the Deployment" }),
    region: Type.String(),
    ports: Type.Array(
      closed({
        containerPort: port,
        hostPort: Type.Union([port, Type.Null()], { description: 'Null: not published' }),
        protocol: Type.String(),
      }),
    ),
    status: Type.String({ description: 'Where the status is' }),
  },
  { $id: 'VkubeDeployed', title: 'VkubeDeployed' },
)

export const updateSchema = closed(
  {
    config: Type.Optional(
      Type.Record(Type.String(), Type.String({ maxLength: 262_144 }), {
        maxProperties: 16,
        description: 'Text of the file at `configMountPath`, by container',
      }),
    ),
    environment: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Record(Type.String({ pattern: variableName }), word, { maxProperties: 256, additionalProperties: false }),
        { maxProperties: 16, description: 'Variables to set, by container; others stay' },
      ),
    ),
  },
  {
    $id: 'VkubeUpdate',
    title: 'VkubeUpdate',
    minProperties: 1,
    examples: [{ config: { container1: 'a: 1\n' }, environment: { container1: { KEY: 'VALUE' } } }],
  },
)

const { amount, amountPaid, serviceID, service, serviceCategoryID, provider, address, recipient, publicKey } =
  orderSchema.properties
export const vkubeOrderSchema = closed(
  {
    createdAt: Type.Integer({ description: 'Order create time, in seconds since 1970' }),
    updatedAt: Type.Integer({ description: 'Order update time, in seconds since 1970' }),
    duration: Type.Integer({ description: 'Service available duration of the order, in hours; 0: without end' }),
    serviceExpiredDate: Type.String({ description: 'Service expired time (RFC 3339); empty: never' }),
    amount,
    amountPaid,
    serviceID,
    service,
    serviceCategoryID,
    provider,
    address,
    recipient,
    id: Type.String({ description: 'Order id' }),
    serviceOptions: closed(
      { portSpecification: Type.String(), resourceUnit: Type.String() },
      { description: 'Service option of order' },
    ),
    status: orderSchema.properties.status,
    publicKey,
  },
  { $id: 'VkubeOrder', title: 'VkubeOrder' },
)

const kubernetesObject = (description: string) => Type.Object({}, { additionalProperties: true, description })
export const podStatusSchema = Type.Union(
  [
    closed({
      name: Type.String({ description: 'the name of pod; empty while there is none' }),
      podStatus: kubernetesObject(
        'represents information about the status of a pod; reason `Refused`: message says why Kubernetes does not take what is deployed',
      ),
      podSpec: kubernetesObject('a description of a pod'),
      annotations: kubernetesObject('an unstructured key value map stored with a resource'),
    }),
    closed({}, { description: 'There is no pod' }),
  ],
  { $id: 'VkubePodStatus', title: 'VkubePodStatus' },
)

export const doneSchema = closed({ status: Type.Literal('OK') }, { $id: 'VkubeDone', title: 'VkubeDone' })
