import { type Static, Type } from '@sinclair/typebox'
import { closed, nullable } from './schema.ts'

export const versionSchema = closed(
  {
    version: Type.String({ description: "The gateway's version", examples: ['0.1.0'] }),
    runtime: Type.Union([Type.Literal('docker'), Type.Literal('simulated')]),
    simulated: Type.Boolean({ description: 'True where no cluster is real' }),
    docker: nullable(
      closed({
        version: Type.String({ examples: ['28.2.2'] }),
        apiVersion: Type.String({ examples: ['1.50'] }),
        os: Type.String(),
        arch: Type.String(),
      }),
      'The Docker daemon, as last seen; null where there is none',
    ),
    node: Type.String({ examples: ['v24.21.0'] }),
    staleSince: nullable(Type.String({ format: 'date-time' }), 'Since when Docker does not answer'),
  },
  { $id: 'Version', title: 'Version' },
)
export type Version = Static<typeof versionSchema>
