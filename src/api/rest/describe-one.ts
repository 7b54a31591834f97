import type { TSchema } from '@sinclair/typebox'
import { etagHeader, notModified, watchable } from './answers.ts'
import { describe } from './describe.ts'
import { oneHeaders, oneParameters } from './parameters.ts'

interface One<P extends TSchema> {
  params: P
  noun: string
  description?: string
  tag: string
  schema: TSchema
  event: TSchema
}

/** A GET of one object, which can be watched. */
export function describeOne<P extends TSchema>({ params, noun, description, tag, schema, event }: One<P>) {
  const article = /^[aeio]/.test(noun) ? 'an' : 'a'
  return describe(
    { params, querystring: oneParameters, headers: oneHeaders },
    {
      operationId: `${noun}Get`,
      summary: `Get or watch ${article} ${noun}`,
      ...(description === undefined ? {} : { description }),
      tag,
      answers: { 200: watchable(schema, event, `The ${noun}`, etagHeader), 304: notModified },
      errors: ['Expired', 'TooManyRequests'],
    },
  )
}
