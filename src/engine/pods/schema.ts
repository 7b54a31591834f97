import { type Static, Type } from '@sinclair/typebox'
import { closed, metadataSchema, nullable, ownerField, simulatedField, timestamp, uuid } from '../schema.ts'

/** Labels as Kubernetes gives them. */
export const kubernetesLabels = Type.Record(Type.String(), Type.String(), {
  description: 'Its labels in Kubernetes',
  examples: [{ app: 'web' }],
})

export const namespaceField = Type.String({ examples: ['default'] })

export const podSchema = closed(
  {
    id: Type.String({ description: 'Its uid in Kubernetes', examples: ['ccd97ea6-aa48-46ea-a36b-8589dd680ad9'] }),
    name: Type.String({ examples: ['web-5d9c7b8f6d-x2x4z'] }),
    namespace: namespaceField,
    cluster: Type.String({ examples: ['alex'] }),
    clusterId: uuid("The cluster's id"),
    owner: ownerField,
    node: nullable(Type.String({ examples: ['node-2b251a2c.localhost'] }), 'Null while it is not scheduled'),
    nodeStatus: nullable(Type.String({ examples: ['ready'] }), "The node's state; null while it is not known"),
    status: Type.String({
      description:
        'As `kubectl get pods` shows it: `Running`, `Completed`, `CrashLoopBackOff`, `Init:0/1`, `Terminating`',
      examples: ['Running'],
    }),
    phase: Type.String({
      description: '`Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`',
      examples: ['Running'],
    }),
    message: Type.String({ description: "Why it is not well, in Kubernetes' words" }),
    ready: Type.String({ description: 'Containers that are ready, of all', examples: ['1/1'] }),
    started: Type.Boolean({ description: 'Whether all its containers have started' }),
    restarts: Type.Integer({ minimum: 0 }),
    podIP: nullable(Type.String({ examples: ['10.244.1.9'] }), 'Null until it is known'),
    hostIP: nullable(Type.String({ examples: ['172.28.0.3'] }), "The node's address; null until it is known"),
    hostPorts: Type.Array(
      closed({ containerPort: Type.Integer(), hostPort: Type.Integer(), protocol: Type.String({ examples: ['TCP'] }) }),
      { description: 'Ports of the node that lead to it' },
    ),
    containers: Type.Array(
      closed({
        name: Type.String(),
        image: Type.String(),
        ready: Type.Boolean(),
        restarts: Type.Integer({ minimum: 0 }),
        init: Type.Boolean({ description: 'Runs before the others' }),
      }),
    ),
    controller: nullable(Type.String({ examples: ['ReplicaSet/web-5d9c7b8f6d'] }), 'What it is controlled by'),
    labels: kubernetesLabels,
    startedAt: nullable(timestamp(''), 'When its node took it on'),
    deletedAt: nullable(timestamp(''), 'When it was asked to go'),
    simulated: simulatedField,
    metadata: metadataSchema,
  },
  { $id: 'Pod', title: 'Pod', description: 'A Kubernetes pod' },
)
export type Pod = Static<typeof podSchema>
