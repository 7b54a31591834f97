import { type Static, Type } from '@sinclair/typebox'
import { closed, uuid } from '../../../engine/schema.ts'
import { longestLine } from '../grammar/parse.ts'

/** What a client sends: one object in one text message. */
export const requestSchema = closed(
  {
    cmd: Type.String({
      minLength: 1,
      maxLength: longestLine,
      description: 'The command line without `qbo`',
      examples: ['get nodes -A'],
    }),
    uuid: uuid("The client's own, given back in every answer"),
  },
  { $id: 'request', title: 'request', description: 'A command' },
)
export type Request = Static<typeof requestSchema>
