import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, errorTable, GatewayError } from '../../errors.ts'
import { pathOf } from './urls.ts'

export const problemType = 'application/problem+json'

/** Every error as RFC 9457 problem details; `code` and `status` are part of the API, the rest is for people. */
export const problemSchema = Type.Object(
  {
    type: Type.String({ description: 'Names the kind of problem', examples: ['urn:kindgate:problem:NotFound'] }),
    title: Type.String({ description: 'The kind of problem, in words', examples: ['No such resource'] }),
    status: Type.Integer({ minimum: 400, maximum: 599, examples: [404] }),
    detail: Type.String({ description: 'What happened', examples: ['There is no cluster "alex".'] }),
    code: Type.String({ description: 'The kind of problem, for programs', examples: ['NotFound'] }),
    instance: Type.String({ description: 'Path of the request', examples: ['/api/v1/clusters/alex'] }),
    requestId: Type.String({
      description: 'The answer’s `X-Request-Id`, also in the log',
      examples: ['018f3e0c-3a52-4d0a-9f0e-5d4f1a2b3c4d'],
    }),
    errors: Type.Array(
      Type.Object(
        {
          where: Type.String({ description: 'JSON pointer into the request', examples: ['/body/nodes'] }),
          what: Type.String({ description: 'What is wrong there', examples: ['must be at least 1'] }),
        },
        { additionalProperties: false },
      ),
      { description: 'What is wrong with the request; empty where nothing can be pointed at' },
    ),
  },
  {
    $id: 'Problem',
    title: 'Problem',
    description: 'An error (RFC 9457). Some kinds have further members, such as the setting to look at.',
    additionalProperties: true,
  },
)

/** What a caller is told of anything thrown: nothing about what was not meant for them. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined
  const known = typeof code === 'string' ? frameworkErrors[code] : undefined
  if (known) return new GatewayError(known.code, known.detail, { cause: thrown })
  const generic = codeOfStatus(thrown)
  if (generic) return new GatewayError(generic, `${errorTable[generic].title}.`, { cause: thrown })
  return new GatewayError(
    'Internal',
    'Something went wrong that is not your fault; the log has it under the request id.',
    {
      cause: thrown,
    },
  )
}

/** https://fastify.dev/docs/latest/Reference/Errors */
const frameworkErrors: Record<string, { code: ErrorCode; detail: string }> = {
  FST_ERR_BAD_URL: { code: 'InvalidRequest', detail: 'The path has a malformed percent-encoding.' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'UriTooLong', detail: 'A part of the path is too long.' },
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'PayloadTooLarge', detail: 'A body may have at most 1 MiB.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'UnsupportedMediaType', detail: 'Send the body as application/json.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'InvalidRequest',
    detail: 'The body is not as long as Content-Length says.',
  },
  ECONNRESET: { code: 'InvalidRequest', detail: 'The connection ended before the body was complete.' },
}

function codeOfStatus(thrown: unknown): ErrorCode | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('statusCode' in thrown)) return undefined
  const { statusCode } = thrown
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499) return undefined
  return isErrorCode(byStatus[statusCode]) ? byStatus[statusCode] : 'InvalidRequest'
}

const byStatus: Record<number, ErrorCode> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  408: 'RequestTimeout',
  413: 'PayloadTooLarge',
  414: 'UriTooLong',
  415: 'UnsupportedMediaType',
  429: 'TooManyRequests',
}

function isErrorCode(code: ErrorCode | undefined): code is ErrorCode {
  return code !== undefined
}

/** The problem document, UTF-8. */
export function problemDocument(error: GatewayError, of: { target: string; requestId: string }): Buffer {
  const document = {
    ...error.extra,
    type: `urn:kindgate:problem:${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.detail,
    code: error.code,
    instance: pathOf(of.target),
    requestId: of.requestId,
    errors: error.faults,
  }
  return Buffer.from(JSON.stringify(document))
}

/** Fastify's error handler: whatever is thrown becomes a problem document. Only what nobody foresaw is logged as an error. */
export function handleError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const error = toGatewayError(thrown)
  if (error.code === 'Internal') request.log.error({ err: thrown }, 'unexpected error')
  else if (error.status >= 500) request.log.warn({ code: error.code, detail: error.detail }, 'unavailable')
  sendProblem(error, request, reply)
}

export function sendProblem(error: GatewayError, request: FastifyRequest, reply: FastifyReply): void {
  request.failure = error.code
  if (error.code === 'Unauthorized') reply.header('www-authenticate', challenge(request))
  reply
    .code(error.status)
    .type(problemType)
    .send(problemDocument(error, { target: request.raw.url ?? '/', requestId: request.id }))
}

/** How to authenticate: RFC 6750, section 3, and RFC 7617, section 2. */
export function challenge(request: FastifyRequest): string[] {
  const reason = request.headers.authorization === undefined ? '' : ', error="invalid_token"'
  return [`Bearer realm="kindgate"${reason}`, 'Basic realm="kindgate", charset="UTF-8"']
}
