import type { FastifyInstance, FastifyRequest } from 'fastify'
import { GatewayError } from '../../errors.ts'
import { parseJson, requireStorable } from './json.ts'

/** https://www.rfc-editor.org/rfc/rfc7396 */
export const mergePatchType = 'application/merge-patch+json'

/**
 * Bodies are JSON in UTF-8, on PATCH also as a merge patch; everything else is 415. A route that takes no body refuses
 * one, as what it says would be lost.
 */
export function readBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => read(request, body),
  )
  server.addContentTypeParser(mergePatchType, { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    if (request.method !== 'PATCH') throw unsupported(`${mergePatchType} is for PATCH.`)
    return read(request, body)
  })
  server.addHook('onRequest', (request, _reply, done) => {
    const { headers } = request.raw
    // A body of no bytes has no type: curl -d '' claims one.
    if (headers['content-length'] === '0') delete headers['content-type']
    done()
  })
  server.addHook('preValidation', (request, _reply, done) => {
    if (!request.is404) checkPresence(request)
    done()
  })
}

function checkPresence(request: FastifyRequest): void {
  const { schema, config } = request.routeOptions
  if (schema?.body !== undefined) {
    if (request.body !== undefined) return
    if (!config.bodyOptional) throw invalid('The body is missing.', 'is required')
    request.body = {}
  } else if (request.body !== undefined && !isEmptyObject(request.body)) {
    throw invalid('This operation takes no body.', 'must be empty')
  }
}

function read(request: FastifyRequest, body: Buffer): unknown {
  if (request.is404 || body.length === 0) return undefined
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') throw unsupported('Send the body without Content-Encoding.')
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(request.headers['content-type'] ?? '')?.[1]
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset)) throw unsupported('Send the body in UTF-8.')
  const value = parseJson(body)
  requireStorable(body, value)
  return value
}

function unsupported(detail: string): GatewayError {
  return new GatewayError('UnsupportedMediaType', detail)
}

function invalid(detail: string, what: string): GatewayError {
  return new GatewayError('InvalidRequest', detail, { faults: [{ where: '/body', what }] })
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
}
