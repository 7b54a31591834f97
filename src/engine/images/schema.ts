import { type Static, Type } from '@sinclair/typebox'
import { closed, simulatedField } from '../schema.ts'

export const imageSchema = closed(
  {
    name: Type.String({
      description: 'Reference by which a cluster can ask for it',
      examples: ['kindest/node:v1.34.4'],
    }),
    id: Type.String({ description: 'Id of its content', examples: ['sha256:3eea0d32f3e7…'] }),
    digest: Type.Union([Type.String(), Type.Null()], {
      description: 'Digest in its repository; null for one that was built here',
    }),
    size: Type.Integer({ description: 'Bytes' }),
    default: Type.Boolean({ description: 'Whether clusters that name no image get it' }),
    simulated: simulatedField,
  },
  { $id: 'Image', title: 'Image', description: 'A node image that is here and that the setting NODE_IMAGES allows' },
)
export type Image = Static<typeof imageSchema>
