import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../../errors.ts'
import { toGatewayError } from '../http/problems.ts'

/** Every error of V-Kube's API; the code is the HTTP status. */
export const vkubeErrorSchema = Type.Object(
  {
    error: Type.Object(
      { code: Type.Integer({ minimum: 400, maximum: 599 }), message: Type.String() },
      { additionalProperties: false },
    ),
  },
  {
    $id: 'VkubeError',
    title: 'VkubeError',
    additionalProperties: false,
    examples: [{ error: { code: 404, message: 'image does not exist.' } }],
  },
)

/** The guide's wording, to the letter. */
export const wording = {
  emptyField: 'item field empty',
  imageFormat: 'image format not allow.Format: image:tag',
  noImage: 'image does not exist.',
  internal: 'server errror',
}

/** The guide's error body. */
export function vkubeError(error: GatewayError) {
  return { error: { code: error.status, message: messageFor(error) } }
}

/** Fastify's error handler of the surface: whatever is thrown, of whichever layer, in the guide's shape. */
export function handleVkubeError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const error = toGatewayError(thrown)
  request.failure = error.code
  if (error.code === 'Internal') request.log.error({ err: thrown }, 'unexpected error')
  else if (error.status >= 500) request.log.warn({ code: error.code, detail: error.detail }, 'unavailable')
  reply
    .code(error.status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(vkubeError(error)))
}

function messageFor(error: GatewayError): string {
  if (error.code === 'Internal') return wording.internal
  const missing = error.faults.find(({ what }) => what === 'is required' || what === notEmpty)
  if (!missing) return error.detail
  // The guide says no more than this of a field of the body itself.
  const inner = missing.where.replace(/^\/body\/?/, '')
  return inner.includes('/') ? `${wording.emptyField}: ${inner}` : wording.emptyField
}

/** What the validator says of an empty text or list that must not be empty. */
const notEmpty = 'must have at least 1 character'

/** An image that is no reference, in the guide's words. */
export function wrongImage(): GatewayError {
  return new GatewayError('InvalidRequest', wording.imageFormat)
}
