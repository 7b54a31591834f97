import { type Static, Type } from '@sinclair/typebox'
import {
  closed,
  labelsPatchSchema,
  labelsSchema,
  metadataSchema,
  nullable,
  ownerField,
  simulatedField,
  uuid,
} from '../schema.ts'

/** As QBO's users name theirs: `kubeflow_v1_9_0`. */
export const clusterName = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,62}$',
  maxLength: 63,
  description: '1 to 63 of a–z, 0–9, `-`, `_`, `.`; a letter or digit first',
  examples: ['alex'],
})

export const domainName = Type.String({
  pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$',
  maxLength: 46,
  description: "Domain of the node names; default: the gateway's setting DOMAIN",
  examples: ['localhost'],
})

export const imageReference = Type.String({
  minLength: 1,
  maxLength: 255,
  description: "A Kind node image that the gateway's setting NODE_IMAGES allows; default: NODE_IMAGE",
  examples: ['kindest/node:v1.34.4'],
})

export const regionName = Type.String({
  pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
  description:
    'The region in which the cluster takes pods of V-Kube orders: the label `region` of its Kubernetes nodes',
  examples: ['ausrine'],
})

const nodeCount = Type.Integer({
  minimum: 1,
  maximum: 250,
  description: "Nodes in all, the control plane included; at most the gateway's setting MAX_NODES",
})

export const clusterCreateSchema = closed(
  {
    name: clusterName,
    image: Type.Optional(imageReference),
    nodes: Type.Optional({ ...nodeCount, default: 3 }),
    domain: Type.Optional(domainName),
    labels: Type.Optional(labelsSchema),
    region: Type.Optional(regionName),
    retain: Type.Optional(
      Type.Boolean({ default: false, description: 'Keep what there is of the cluster when its creation fails' }),
    ),
  },
  {
    $id: 'ClusterCreate',
    title: 'ClusterCreate',
    examples: [{ name: 'alex' }, { name: 'alex', image: 'kindest/node:v1.34.4', nodes: 3 }],
  },
)
export type ClusterCreate = Static<typeof clusterCreateSchema>

export const clusterPatchSchema = closed(
  {
    nodes: Type.Optional(nodeCount),
    running: Type.Optional(Type.Boolean({ description: 'Whether the nodes shall run' })),
    labels: Type.Optional(labelsPatchSchema),
    region: Type.Optional(nullable(regionName, 'Another region; null: takes no orders, and the label is removed')),
  },
  { $id: 'ClusterPatch', title: 'ClusterPatch', minProperties: 1, examples: [{ nodes: 5 }, { running: false }] },
)
export type ClusterPatch = Static<typeof clusterPatchSchema>

export const clusterStates = ['creating', 'ready', 'degraded', 'stopping', 'stopped', 'deleting', 'failed'] as const
export const clusterState = Type.Union(
  clusterStates.map(state => Type.Literal(state)),
  { description: '`degraded` and `failed` say more in `message`' },
)
export type ClusterState = (typeof clusterStates)[number]

export const clusterSchema = closed(
  {
    id: uuid("The cluster's id"),
    name: clusterName,
    owner: ownerField,
    managedBy: Type.Union([Type.Literal('kindgate'), Type.Literal('kind'), Type.Literal('other')], {
      description: '`kind`: made by the kind CLI; `other`: by a gateway with another database. Both can only be read',
    }),
    labels: labelsSchema,
    region: nullable(regionName, 'The region in which it takes pods of V-Kube orders; null: it takes none'),
    image: Type.String({ description: 'Node image as it was asked for', examples: ['kindest/node:v1.34.4'] }),
    imageDigest: nullable(Type.String(), 'Digest the image had when the cluster was made; null until then'),
    kubernetesVersion: nullable(Type.String({ examples: ['v1.34.4'] }), 'Null until it is known'),
    domain: Type.String({ description: 'Domain of the node names' }),
    nodes: Type.Integer({ minimum: 0, description: 'Nodes wanted, the control plane included' }),
    readyNodes: Type.Integer({ minimum: 0, description: 'Nodes that are ready' }),
    running: Type.Boolean({ description: 'Whether the nodes shall run' }),
    state: clusterState,
    message: Type.String({ description: 'What the state leaves open: which node is not ready, why it failed' }),
    network: nullable(
      closed({ name: Type.String(), subnet: nullable(Type.String({ examples: ['172.28.0.0/24'] }), 'CIDR') }),
      "The cluster's Docker network",
    ),
    apiServer: nullable(
      Type.String({ format: 'uri', examples: ['https://127.0.0.1:20517'] }),
      'Where the Docker host reaches the API server',
    ),
    simulated: simulatedField,
    metadata: metadataSchema,
  },
  { $id: 'Cluster', title: 'Cluster', description: 'A Kubernetes cluster whose nodes are containers' },
)
export type Cluster = Static<typeof clusterSchema>
