import { type Static, Type } from '@sinclair/typebox'
import {
  closed,
  labelsSchema,
  metadataSchema,
  nullable,
  ownerField,
  simulatedField,
  timestamp,
  uuid,
} from '../schema.ts'

export const nodeStates = ['created', 'running', 'ready', 'exited'] as const
export type NodeState = (typeof nodeStates)[number]

const quantities = Type.Record(Type.String(), Type.String(), { examples: [{ cpu: '4', memory: '8145400Ki' }] })

export const nodeSchema = closed(
  {
    id: Type.String({ description: "The node's id; the container's on a node that is not ours" }),
    containerId: nullable(Type.String({ pattern: '^[0-9a-f]{64}$' }), "The container's id; null while there is none"),
    name: Type.String({
      description: 'Name of the container and of the Kubernetes node',
      examples: ['node-2b251a2c.localhost'],
    }),
    cluster: Type.String({ examples: ['alex'] }),
    clusterId: uuid("The cluster's id"),
    owner: ownerField,
    role: Type.Union([Type.Literal('control-plane'), Type.Literal('worker'), Type.Literal('external-load-balancer')]),
    image: Type.String({ examples: ['kindest/node:v1.34.4'] }),
    running: Type.Boolean({ description: 'Whether the node shall run' }),
    state: Type.Union(
      nodeStates.map(state => Type.Literal(state)),
      { description: '`ready` is a running node that Kubernetes calls Ready' },
    ),
    message: Type.String({ description: 'Why the node is not ready' }),
    address: nullable(
      Type.String({ format: 'ipv4', examples: ['172.28.0.2'] }),
      "Its fixed address in the cluster's network",
    ),
    kubernetesVersion: nullable(Type.String({ examples: ['v1.34.4'] }), "The kubelet's version"),
    os: nullable(Type.String({ examples: ['Debian GNU/Linux 12 (bookworm)'] }), 'As the kubelet reports it'),
    kernel: nullable(Type.String({ examples: ['6.1.0-25-amd64'] }), 'As the kubelet reports it'),
    containerRuntime: nullable(Type.String({ examples: ['containerd://2.1.3'] }), 'As the kubelet reports it'),
    schedulable: Type.Boolean({ description: 'Whether it takes new pods; false of a cordoned one' }),
    conditions: Type.Array(
      closed({
        type: Type.String({ examples: ['Ready'] }),
        status: Type.String({ description: '`True`, `False` or `Unknown`' }),
        reason: Type.String(),
        message: Type.String(),
        since: nullable(timestamp(''), 'When the status last changed'),
      }),
      { description: 'As the kubelet and the node controller report them' },
    ),
    capacity: { ...quantities, description: 'What it has, in Kubernetes quantities' },
    allocatable: { ...quantities, description: 'What it has for pods' },
    labels: { ...labelsSchema, description: "The Kubernetes node's labels" },
    simulated: simulatedField,
    metadata: metadataSchema,
  },
  { $id: 'Node', title: 'Node', description: 'A container of a Kind node image' },
)
export type Node = Static<typeof nodeSchema>

export const nodesAddSchema = closed(
  {
    count: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 249, default: 1, description: 'How many workers to add' }),
    ),
  },
  { $id: 'NodesAdd', title: 'NodesAdd', examples: [{ count: 2 }] },
)
export type NodesAdd = Static<typeof nodesAddSchema>

export const processSchema = closed(
  {
    pid: Type.Integer({ description: "Process id as the host's kernel counts" }),
    ppid: Type.Integer(),
    tid: Type.Integer({ description: "Thread id; equals `pid` for a process's first thread" }),
    user: Type.String(),
    state: Type.String({ description: 'As ps shows it', examples: ['Ssl'] }),
    cpu: Type.Number({ description: 'Percent of one processor over its life' }),
    rss: Type.Integer({ description: 'Resident memory, KiB' }),
    command: Type.String({ examples: ['kubelet'] }),
    args: Type.String(),
  },
  { $id: 'Process', title: 'Process', description: 'A thread that runs in a node' },
)
export type Process = Static<typeof processSchema>
