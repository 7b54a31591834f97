import type { FastifyReply, FastifyRequest } from 'fastify'
import { ObjectInvalid, type Violation } from '../../engine/refs/violations.ts'
import { GatewayError } from '../../errors.ts'
import { challenge, toGatewayError } from '../http/problems.ts'
import { type Envelope, sendEnvelope, type ValidationError } from './envelope.ts'
import { targetOf } from './path.ts'

/** Any error in the envelope. */
export function answerError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = toGatewayError(thrown)
  request.failure = error.code
  if (error.code === 'Internal') request.log.error({ err: thrown }, 'unexpected error')
  else if (error.status >= 500) request.log.warn({ code: error.code, detail: error.detail }, 'unavailable')
  if (error.code === 'Unauthorized') reply.header('www-authenticate', challenge(request))
  return sendEnvelope(envelopeOf(error, targetOf(request.raw.url ?? '')?.text), request, reply)
}

/** `path` is what the request is about, where that can be told. */
export function envelopeOf(error: GatewayError, path: string | undefined): Envelope {
  if (error instanceof ObjectInvalid)
    return {
      status: 400,
      msg: error.detail,
      validationErrors: error.violations.map(each => validationError(error.of, each)),
    }
  const { status, detail } = error
  switch (error.code) {
    // The engine's words are those of the original.
    case 'InUse':
    case 'AlreadyExists':
    case 'Unauthorized':
      return { status, msg: detail }
    case 'NotFound':
    case 'MethodNotAllowed':
      return { status: 404, msg: path === undefined ? 'not found' : detail }
    case 'UnsupportedMediaType':
      return { status: 400, msg: badRequest(path, detail) }
    default:
      return {
        status,
        msg: status >= 500 ? `error processing ${path ?? 'request'}: ${detail}` : badRequest(path, detail),
      }
  }
}

function badRequest(path: string | undefined, detail: string): string {
  return path === undefined ? `bad request: ${detail}` : `bad request for ${path}: ${detail}`
}

/** As the original's validator writes it: fields with dots, map keys and indexes in brackets. */
function validationError(of: string, { path, rule, value, expected }: Violation): ValidationError {
  const places = path.map(place => {
    if (typeof place === 'number') return `[${place}]`
    return typeof place === 'object' ? `[${place.key}]` : `.${place}`
  })
  return {
    field: `${of}${places.join('')}`,
    tag: rule,
    type: typeof value === 'string' ? 'string' : typeof value,
    value,
    ...(expected === undefined ? {} : { expected }),
  }
}

/** Nothing is at this path, or not by this method. */
export function nothingHere(): GatewayError {
  return new GatewayError('NotFound', 'not found')
}
