import { type Static, Type } from '@sinclair/typebox'

const closed = { additionalProperties: false }
const nullable = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Integer>>(schema: T) =>
  Type.Union([schema, Type.Null()])

const endpointSchema = Type.Object({ host: Type.String(), port: Type.Integer({ minimum: 1, maximum: 65535 }) }, closed)

const imageSchema = Type.Object(
  {
    id: Type.String(),
    tags: Type.Array(Type.String()),
    digests: Type.Array(Type.String()),
    size: Type.Integer({ minimum: 0 }),
  },
  closed,
)

const networkSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    subnet: Type.String(),
    hostAddress: Type.String(),
    clusterId: nullable(Type.String()),
    gateway: nullable(Type.String()),
  },
  closed,
)

const nodeSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    cluster: Type.String(),
    clusterId: nullable(Type.String()),
    gateway: nullable(Type.String()),
    role: Type.Union([Type.Literal('control-plane'), Type.Literal('worker')]),
    image: Type.String(),
    imageId: Type.String(),
    state: Type.Union([Type.Literal('created'), Type.Literal('running'), Type.Literal('exited')]),
    address: Type.String(),
    network: Type.String(),
    apiServer: Type.Union([endpointSchema, Type.Null()]),
    exitCode: nullable(Type.Integer()),
    prepared: Type.Boolean({ description: "kubeadm's configuration was put in before the first start." }),
    joinedTo: nullable(Type.String({ description: 'The control plane node of the cluster that the node is part of.' })),
  },
  closed,
)

const kubernetesNodeSchema = Type.Object(
  {
    name: Type.String(),
    ready: Type.Boolean(),
    reportedAt: nullable(Type.Integer()),
    message: Type.String(),
    schedulable: Type.Boolean(),
    tainted: Type.Optional(Type.Literal(true)),
    kubeletVersion: Type.String(),
    kernel: Type.String(),
    os: Type.String(),
    labels: Type.Record(Type.String(), Type.String()),
  },
  closed,
)

const apiServerSchema = Type.Object(
  {
    controlPlane: Type.String({ description: 'The node it runs in.' }),
    initialized: Type.Boolean({ description: 'kubeadm init has ended.' }),
    addons: Type.Boolean({ description: 'The network plugin is applied.' }),
    nodes: Type.Array(kubernetesNodeSchema),
    objects: Type.Optional(
      Type.Array(Type.Record(Type.String(), Type.Unknown()), { description: 'Everything else that it holds.' }),
    ),
  },
  closed,
)

/** All that the simulated runtime keeps, as its state file holds it. */
export const stateSchema = Type.Object(
  {
    version: Type.Literal(1),
    images: Type.Array(imageSchema),
    networks: Type.Array(networkSchema),
    nodes: Type.Array(nodeSchema),
    apiServers: Type.Array(apiServerSchema),
  },
  closed,
)

export type State = Static<typeof stateSchema>
export type ImageState = Static<typeof imageSchema>
export type NetworkState = Static<typeof networkSchema>
export type NodeState = Static<typeof nodeSchema>
export type KubernetesNodeState = Static<typeof kubernetesNodeSchema>
export type ApiServerState = Static<typeof apiServerSchema>
