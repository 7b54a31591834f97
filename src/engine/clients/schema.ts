import { type Static, Type } from '@sinclair/typebox'
import { closed, metadataSchema, nullable, ownerField, timestamp, uuid } from '../schema.ts'

export const clientSchema = closed(
  {
    id: uuid("The connection's id"),
    name: Type.String({ description: 'The same as `id`' }),
    owner: ownerField,
    mirror: uuid('Connections of one mirror see what is done in it'),
    address: Type.String({ description: 'Where it comes from', examples: ['127.0.0.1'] }),
    host: Type.String({ description: 'The name by which it reached the gateway', examples: ['localhost'] }),
    agent: Type.String({ description: 'What it calls itself', examples: ['kindgate-cli/0.1.0'] }),
    command: Type.String({ description: 'Its last command; empty before the first', examples: ['get nodes -A'] }),
    commandId: nullable(uuid("The command's id"), 'The id of its last command; null before the first'),
    commandAt: nullable(timestamp(''), 'When it gave its last command'),
    metadata: metadataSchema,
  },
  { $id: 'Client', title: 'Client', description: 'A WebSocket connection' },
)
export type Client = Static<typeof clientSchema>
