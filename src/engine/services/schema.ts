import { type Static, Type } from '@sinclair/typebox'
import { kubernetesLabels, namespaceField } from '../pods/schema.ts'
import { closed, metadataSchema, nullable, ownerField, simulatedField, timestamp, uuid } from '../schema.ts'

export const serviceSchema = closed(
  {
    id: Type.String({ description: 'Its uid in Kubernetes', examples: ['0e945c5e-647a-4b12-9621-aa6731ff6a63'] }),
    name: Type.String({ examples: ['web'] }),
    namespace: namespaceField,
    cluster: Type.String({ examples: ['alex'] }),
    clusterId: uuid("The cluster's id"),
    owner: ownerField,
    type: Type.String({ description: '`ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`' }),
    clusterIP: nullable(
      Type.String({ examples: ['10.96.73.154'] }),
      'Null where it has none; `None` on a headless one',
    ),
    externalAddresses: Type.Array(Type.String(), {
      description: "Addresses and names outside the cluster: its load balancer's, then `spec.externalIPs`",
    }),
    loadBalancerIP: nullable(Type.String(), 'The address that it asks its load balancer for'),
    loadBalancerClass: nullable(Type.String(), 'Who shall balance its load; null for the default'),
    externalTrafficPolicy: nullable(Type.String(), '`Cluster` or `Local`'),
    externalName: nullable(Type.String(), 'What it stands for, of type ExternalName'),
    ports: Type.Array(
      closed({
        name: Type.String({ description: 'Empty where it has none' }),
        protocol: Type.String({ examples: ['TCP'] }),
        port: Type.Integer(),
        targetPort: Type.Union([Type.Integer(), Type.String()], {
          description: "Of the pods: a number or a port's name",
        }),
        nodePort: nullable(Type.Integer(), "Each node's port that leads to it"),
      }),
    ),
    selector: Type.Record(Type.String(), Type.String(), { description: 'The labels of its pods' }),
    endpoints: Type.Integer({ minimum: 0, description: 'Addresses behind it' }),
    readyEndpoints: Type.Integer({ minimum: 0, description: 'Those of them that are ready' }),
    readyNodes: Type.Array(Type.String({ examples: ['node-2b251a2c.localhost'] }), {
      description: 'The nodes that those are on',
    }),
    labels: kubernetesLabels,
    deletedAt: nullable(timestamp(''), 'When it was asked to go'),
    simulated: simulatedField,
    metadata: metadataSchema,
  },
  { $id: 'Service', title: 'Service', description: 'A Kubernetes service' },
)
export type Service = Static<typeof serviceSchema>
