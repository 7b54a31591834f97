import { type Static, Type } from '@sinclair/typebox'
import { closed, metadataSchema, nullable, ownerField, simulatedField, uuid } from '../schema.ts'

export const networkSchema = closed(
  {
    id: uuid('The id of the cluster it belongs to'),
    name: Type.String({ examples: ['kindgate-alex'] }),
    cluster: Type.String({ examples: ['alex'] }),
    owner: ownerField,
    subnet: nullable(Type.String({ examples: ['172.28.0.0/24'] }), 'CIDR'),
    gateway: nullable(Type.String({ format: 'ipv4', examples: ['172.28.0.1'] }), "The Docker host's address in it"),
    state: Type.Union([Type.Literal('created'), Type.Literal('ready')], {
      description: '`created`: asked for, not made yet',
    }),
    simulated: simulatedField,
    metadata: metadataSchema,
  },
  { $id: 'Network', title: 'Network', description: "A cluster's network; every node keeps its address in it" },
)
export type Network = Static<typeof networkSchema>
