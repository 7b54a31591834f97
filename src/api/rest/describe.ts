import type { TSchema } from '@sinclair/typebox'
import { type ErrorCode, errorTable } from '../../errors.ts'
import { ref } from '../http/openapi/ref.ts'
import { problemSchema, problemType } from '../http/problems.ts'

interface Parts {
  params?: TSchema
  querystring?: TSchema
  headers?: TSchema
  body?: TSchema
}

interface Answer {
  type?: string
  description: string
  headers?: Record<string, TSchema>
  content?: Record<string, { schema: TSchema; example?: unknown; 'x-component'?: string }>
}

interface About {
  /** A noun, then a verb: `clusterCreate`. */
  operationId: string
  summary: string
  description?: string
  tag: string
  /** A change that is done when it is answered. */
  change?: boolean
  /** Needs no credential. */
  public?: boolean
  answers: Record<number, Answer>
  /** What it can answer besides the errors that every operation has. */
  errors?: ErrorCode[]
  consumes?: string[]
  /** The route's `config.bodyOptional`. */
  bodyOptional?: boolean
}

/**
 * A route's schema: the parts of the request for validation, and what the OpenAPI document says about the operation,
 * with every status it can give.
 */
export function describe<P extends Parts>(parts: P, about: About) {
  const { operationId, summary, description, tag, consumes } = about
  return {
    ...parts,
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    ...(consumes ? { consumes } : {}),
    ...(about.bodyOptional ? { 'x-body-optional': true } : {}),
    security: about.public ? [] : [{ bearerAuth: [] }],
    response: { ...about.answers, ...problemAnswers(errorsOf(parts, about)) },
  }
}

function errorsOf(parts: Parts, about: About): ErrorCode[] {
  const codes = new Set<ErrorCode>(['InvalidRequest'])
  if (!about.public) codes.add('Unauthorized').add('TooManyRequests')
  if (parts.params) codes.add('NotFound')
  // Of changes without a body too: what is sent is read before it is found to be too much.
  if (202 in about.answers || about.change) codes.add('PayloadTooLarge').add('UnsupportedMediaType')
  for (const code of about.errors ?? []) codes.add(code)
  return [...codes.add('Internal').add('Unavailable')]
}

function problemAnswers(codes: ErrorCode[]): Record<number, Answer> {
  const answers: Record<number, Answer> = {}
  for (const [status, group] of Map.groupBy(codes, code => errorTable[code].status)) {
    answers[status] = {
      description: group.map(code => `${code}: ${errorTable[code].title}`).join('. '),
      content: {
        [problemType]: {
          schema: ref(problemSchema),
          example: problemExample(group[0] ?? 'Internal'),
          'x-component': group.join('Or'),
        },
      },
    }
  }
  return answers
}

function problemExample(code: ErrorCode) {
  const { status, title } = errorTable[code]
  return {
    type: `urn:kindgate:problem:${code}`,
    title,
    status,
    detail: `${title}.`,
    code,
    instance: '/api/v1/clusters/alex',
    requestId: '018f3e0c-3a52-4d0a-9f0e-5d4f1a2b3c4d',
    errors: code === 'InvalidRequest' ? [{ where: '/body/nodes', what: 'must be at least 1' }] : [],
  }
}
