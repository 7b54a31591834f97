import { type Static, Type } from '@sinclair/typebox'
import { closed, labelsSchema, metadataSchema, nullable, ownerField, simulatedField, uuid } from '../schema.ts'

const port = Type.Integer({ minimum: 0, maximum: 65535 })

export const balancerSchema = closed(
  {
    id: Type.String({ description: 'Its id' }),
    name: Type.String({ description: 'Unique', examples: ['alex/default/web:80/tcp@node-2b251a2c.localhost'] }),
    cluster: Type.String({ examples: ['alex'] }),
    clusterId: uuid("The cluster's id"),
    owner: ownerField,
    namespace: Type.String({ description: "The service's namespace; empty for the API server", examples: ['default'] }),
    service: Type.String({ description: "The service's name; empty for the API server", examples: ['web'] }),
    vip: nullable(Type.String({ format: 'ipv4', examples: ['203.0.113.10'] }), 'Its address; null while it has none'),
    vipPort: { ...port, examples: [80] },
    protocol: Type.String({ description: '`tcp` or `udp`', examples: ['tcp'] }),
    scheduler: Type.Literal('rr', { description: 'Round robin' }),
    forward: Type.Literal('m', { description: 'Masquerading' }),
    rip: nullable(Type.String({ format: 'ipv4', examples: ['172.28.0.3'] }), "The real server's address: a node's"),
    ripPort: { ...port, description: "The service's port on each node", examples: [30080] },
    weight: Type.Integer({ description: '0: gets no connections' }),
    activeConnections: Type.Integer({ description: 'As last looked, every few seconds' }),
    node: Type.String({ description: 'Empty while there is no real server', examples: ['node-2b251a2c.localhost'] }),
    nodeId: nullable(Type.String(), "The node's container"),
    driver: nullable(
      Type.String({ examples: ['userspace'] }),
      '`ipvs`, `userspace` or `simulated`; null where load balancing is switched off',
    ),
    state: Type.Union([Type.Literal('pending'), Type.Literal('ready'), Type.Literal('failed')], {
      description: '`pending`: has no address or no ready node; `failed`: could not be set up, and is tried again',
    }),
    message: Type.String({ description: 'Why it is not ready; or what else is amiss' }),
    labels: { ...labelsSchema, description: "The service's labels" },
    simulated: simulatedField,
    metadata: metadataSchema,
  },
  {
    $id: 'Balancer',
    title: 'Balancer',
    description: 'A real server of a load balancer; or a load balancer that has none yet',
  },
)
export type Balancer = Static<typeof balancerSchema>
