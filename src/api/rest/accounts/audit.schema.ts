import { Type } from '@sinclair/typebox'
import { closed } from '../../../engine/schema.ts'
import { watchable } from '../answers.ts'
import { describe } from '../describe.ts'
import { filterText, listHeaders, watchParameters } from '../parameters.ts'
import { auditEventSchema, auditListSchema } from './schemas.ts'

const moment = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }))

export const auditList = describe(
  {
    querystring: closed({
      limit: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 1000, default: 200, description: 'Most entries on a page' }),
      ),
      continue: Type.Optional(
        Type.String({
          maxLength: 4096,
          description: 'The `metadata.continue` of the page before, to get the next one',
        }),
      ),
      actor: filterText('The user who did it'),
      action: filterText('The operation'),
      resource: filterText('The resource, whole'),
      result: filterText('`OK` or the code of the error'),
      surface: filterText('The surface'),
      since: moment('Only those from then on'),
      until: moment('Only those before'),
      ...watchParameters,
    }),
    headers: listHeaders,
  },
  {
    operationId: 'auditList',
    summary: 'List or watch the audit log',
    description:
      'For admins: every request that could change something, also those that were refused, the newest first. Entries are kept for the time of the setting AUDIT_RETENTION and can be changed by nobody. A watch without `resourceVersion` begins with the latest thousand.',
    tag: 'audit',
    answers: { 200: watchable(auditListSchema, auditEventSchema, 'The entries') },
    errors: ['Forbidden', 'Expired', 'TooManyRequests'],
  },
)
