import type { TSchema } from '@sinclair/typebox'
import { type ErrorCode, errorTable, GatewayError } from '../../errors.ts'
import { ref } from '../http/openapi/ref.ts'
import { vkubeError, vkubeErrorSchema } from './errors.ts'

interface Parts {
  querystring?: TSchema
  headers?: TSchema
  body?: TSchema
}

interface About {
  operationId: string
  summary: string
  description?: string
  /** The answer with status 200. */
  answer: { description: string; content: Record<string, { schema: TSchema; example: unknown }> }
  /** Whether a secret is needed. */
  secret: boolean
  /** What it can answer besides the errors that every operation has, with the message where the guide gives it. */
  errors?: Partial<Record<ErrorCode, string>>
}

/** What every operation can answer besides. */
const always: ErrorCode[] = [
  'InvalidRequest',
  'RequestTimeout',
  'PayloadTooLarge',
  'TooManyRequests',
  'Internal',
  'Unavailable',
]

/** A route's schema for validation and for the OpenAPI document; errors are in the guide's shape. */
export function describe<P extends Parts>(parts: P, about: About) {
  const { operationId, summary, description, answer, secret, errors = {} } = about
  const codes = new Map<ErrorCode, string>(always.map(code => [code, `${errorTable[code].title}.`]))
  if (secret) codes.set('Unauthorized', 'the secret is wrong').set('Forbidden', 'the order has expired')
  for (const code of Object.keys(errorTable).filter(isErrorCode)) {
    const message = errors[code]
    if (message !== undefined) codes.set(code, message)
  }
  return {
    ...parts,
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: ['v-kube'],
    security: secret ? [{ orderSecret: [] }] : [],
    response: { 200: answer, ...answersOf(codes) },
  }
}

/** 200 with JSON. */
export function json(schema: TSchema, description: string, example: unknown) {
  return { description, content: { 'application/json': { schema, example } } }
}

function answersOf(codes: Map<ErrorCode, string>): Record<number, object> {
  const answers: Record<number, object> = {}
  for (const [status, group] of Map.groupBy(codes, ([code]) => errorTable[code].status)) {
    const [first] = group
    if (!first) continue
    answers[status] = {
      description: group.map(([code]) => errorTable[code].title).join('. '),
      content: {
        'application/json': { schema: ref(vkubeErrorSchema), example: vkubeError(new GatewayError(...first)) },
      },
    }
  }
  return answers
}

function isErrorCode(name: string): name is ErrorCode {
  return name in errorTable
}
