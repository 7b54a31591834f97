import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { closed } from '../../engine/schema.ts'

/** As the original has it: libs/core/admin, `admin.Response`. */
export const validationErrorSchema = closed(
  {
    field: Type.String({ examples: ['system.gitHash'] }),
    tag: Type.String({ description: 'The rule', examples: ['required'] }),
    type: Type.String({ description: 'Type of the value', examples: ['string'] }),
    value: Type.Optional(Type.Unknown()),
    expected: Type.Optional(Type.String({ description: "The rule's parameter, or why it is not kept" })),
  },
  { $id: 'KubeFoxValidationError', title: 'KubeFoxValidationError' },
)

export const envelopeSchema = closed(
  {
    isError: Type.Boolean(),
    code: Type.Integer({ description: 'The same as the status', examples: [200] }),
    traceId: Type.Optional(Type.String({ description: "The answer's `X-Request-ID`" })),
    msg: Type.String({ examples: ['got environment/dev/tag/v1.0'] }),
    data: Type.Optional(Type.Unknown({ description: 'An object, a list of names, or nothing' })),
    validationErrors: Type.Optional(
      Type.Union([Type.Array(Type.Ref('KubeFoxValidationError#')), Type.Object({}, { additionalProperties: false })]),
    ),
  },
  { $id: 'KubeFoxResponse', title: 'KubeFoxResponse', description: 'Every answer, errors too' },
)

/** One value that breaks a rule, in the words of the original. */
export interface ValidationError {
  field: string
  tag: string
  type: string
  value: unknown
  expected?: string
}

export interface Envelope {
  status: number
  msg: string
  /** JSON text. */
  data?: string | undefined
  /** An empty object stands for a rule that no field broke. */
  validationErrors?: ValidationError[] | Record<string, never>
}

/** The envelope as JSON text; `data` is JSON text already and is not parsed for it. */
export function envelopeText({ status, msg, data, validationErrors }: Envelope, traceId: string): string {
  const rest = [
    ...(data === undefined ? [] : [`"data":${data}`]),
    ...(validationErrors === undefined ? [] : [`"validationErrors":${JSON.stringify(validationErrors)}`]),
  ]
  const head = `{"isError":${status >= 400},"code":${status},"traceId":${JSON.stringify(traceId)},"msg":${JSON.stringify(msg)}`
  return `${[head, ...rest].join(',')}}`
}

export function sendEnvelope(envelope: Envelope, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.code(envelope.status).type('application/json; charset=utf-8').send(envelopeText(envelope, request.id))
}
