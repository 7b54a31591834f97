import { type TProperties, type TSchema, Type } from '@sinclair/typebox'
import { closed } from '../../engine/schema.ts'
import { type ErrorCode, errorTable } from '../../errors.ts'
import { ref } from '../http/openapi/ref.ts'
import { envelopeSchema } from './envelope.ts'

/** An operation as the OpenAPI document has it. */
export interface About {
  operationId: string
  summary: string
  description?: string
  params?: TProperties
  query?: TProperties
  /** A JSON body. */
  body?: TSchema
  /** The body is the text of an id. */
  textBody?: boolean
  /** What `msg` says when it has been done, and an example of `data`. */
  done: { status: 200 | 201; msg: string; data?: unknown }
  /** What `msg` says, with 200, when there is nothing to do any more. */
  again?: string
  errors?: ErrorCode[]
}

const always: ErrorCode[] = ['Unauthorized', 'NotFound', 'TooManyRequests', 'Internal', 'Unavailable']
const ofBodies: ErrorCode[] = ['InvalidRequest', 'PayloadTooLarge']

/** The schema of a route. Requests are not validated by it: the surface decodes them in the original's words. */
export function describe(about: About) {
  const { operationId, summary, description, params, query, body, textBody, done, again, errors = [] } = about
  const hasBody = body !== undefined || textBody === true
  const codes = new Set([...errors, ...(hasBody ? ofBodies : []), ...always])
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: ['kubefox'],
    security: [{ bearerAuth: [] }],
    ...(params ? { params: Type.Object(params) } : {}),
    ...(query ? { querystring: closed(query) } : {}),
    ...(body ? { body: ref(body) } : {}),
    ...(textBody ? { body: idText, consumes: ['text/plain'] } : {}),
    response: {
      ...(again === undefined ? {} : { 200: answer('Done already', { isError: false, code: 200, msg: again }) }),
      [done.status]: answer('Done', { isError: false, code: done.status, ...done }),
      ...errorAnswers([...codes]),
    },
  }
}

const idText = Type.String({
  description: 'The id of the instance that it names, as plain text',
  examples: ['5defc4d7-4651-4f2c-a217-a876a30b4042'],
})

function answer(description: string, example: { isError: boolean; code: number; msg: string; data?: unknown }) {
  const { isError, code, msg, data } = example
  return {
    description,
    content: {
      'application/json': {
        schema: ref(envelopeSchema),
        example: { isError, code, traceId, msg, ...(data === undefined ? {} : { data }) },
      },
    },
  }
}

const traceId = '018f3e0c-3a52-4d0a-9f0e-5d4f1a2b3c4d'

function errorAnswers(codes: ErrorCode[]) {
  return Object.fromEntries(
    [...Map.groupBy(codes, code => errorTable[code].status)].map(([status, group]) => [
      status,
      answer(group.map(code => errorTable[code].title).join('. '), {
        isError: true,
        code: status,
        msg: messages[group[0] ?? 'Internal'] ?? 'error processing config/dev: something is not available now',
      }),
    ]),
  )
}

const messages: Partial<Record<ErrorCode, string>> = {
  InvalidRequest: 'bad request for config/dev: json: unknown field "foo"',
  InUse:
    'cannot delete config/dev/tag/v1.0: environment/dev/id/5defc4d7-4651-4f2c-a217-a876a30b4042 requires config/dev/tag/v1.0',
  Unauthorized: 'Send a token as Authorization: Bearer <token>.',
  NotFound: 'config/dev not found',
  TooManyRequests: 'bad request for config/dev: Too many requests.',
  AlreadyExists: 'config/dev/tag/v1.0 exists',
  PayloadTooLarge: 'bad request for config/dev: A body may have at most 1 MiB.',
}
