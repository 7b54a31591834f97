import type { TSchema } from '@sinclair/typebox'
import { commandAnswers } from './answers.ts'
import { describe } from './describe.ts'
import { actHeaders } from './parameters.ts'

/** A POST without a body that has something do something, such as start. */
export function describeAct<P extends TSchema>(
  params: P,
  about: { operationId: string; summary: string; description?: string; tag: string },
) {
  return describe(
    { params, headers: actHeaders },
    {
      ...about,
      answers: commandAnswers,
      errors: ['Forbidden', 'Conflict', 'ReadOnly', 'PreconditionFailed', 'Unprocessable'],
    },
  )
}
