import { type Static, Type } from '@sinclair/typebox'
import { closed, nullable, simulatedField } from '../schema.ts'

export const imageSchema = closed(
  {
    name: Type.String({
      description: 'Reference by which a cluster can ask for it',
      examples: ['kindest/node:v1.34.4'],
    }),
    local: Type.Boolean({ description: 'Whether it is on the Docker host; if not, its registry has it' }),
    id: nullable(
      Type.String({ examples: ['sha256:3eea0d32f3e7…'] }),
      'Id of its content; null for one that is not local',
    ),
    digest: nullable(Type.String(), 'Digest in its repository; null for one that was built here or is not local'),
    size: nullable(Type.Integer(), 'Bytes; null for one that is not local'),
    default: Type.Boolean({ description: 'Whether clusters that name no image get it' }),
    simulated: simulatedField,
  },
  { $id: 'Image', title: 'Image', description: 'A node image that the setting NODE_IMAGES allows' },
)
export type Image = Static<typeof imageSchema>
