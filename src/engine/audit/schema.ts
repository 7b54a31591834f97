import { type Static, Type } from '@sinclair/typebox'
import { closed, metadataSchema, nullable, timestamp, uuid } from '../schema.ts'

export const auditEntrySchema = closed(
  {
    id: uuid("The entry's id"),
    name: Type.String({ description: 'The same as `id`' }),
    owner: Type.Null({ description: 'Admins see it' }),
    at: timestamp('When it ended'),
    actor: nullable(Type.String({ examples: ['ann'] }), 'The user; null where no credential was valid'),
    credential: nullable(
      Type.String({ examples: ['token 718bef86-7dfe-46c0-bf4e-3dfea83c6c28'] }),
      'Kind and id of the credential',
    ),
    action: Type.String({ description: 'The operationId over HTTP', examples: ['clusterDelete'] }),
    resource: Type.String({ description: 'What it was done to', examples: ['/api/v1/clusters/alex'] }),
    result: Type.String({
      description: "`OK`, the error's code, or `Unknown` where the caller did not wait for the answer",
      examples: ['OK', 'Forbidden'],
    }),
    surface: Type.String({ examples: ['rest'] }),
    from: nullable(Type.String({ examples: ['127.0.0.1'] }), "The caller's address"),
    requestId: nullable(Type.String(), 'As in the log'),
    detail: nullable(Type.String(), 'More, where there is more to say'),
    metadata: metadataSchema,
  },
  { $id: 'AuditEntry', title: 'AuditEntry', description: 'Who did what, from where, and how it ended' },
)
export type AuditEntry = Static<typeof auditEntrySchema>
