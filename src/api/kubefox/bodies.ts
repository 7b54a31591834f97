import type { FastifyInstance, FastifyRequest } from 'fastify'
import { GatewayError } from '../../errors.ts'
import { parseJson } from '../http/json.ts'

/**
 * Takes bodies as bytes whatever they say they are: an object has to be JSON, a ref is raw text of any type, and the fox
 * CLI sends an empty Content-Type with GET and DELETE.
 */
export function takeAnyBody(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) =>
    // On these nothing is expected, and what comes is not looked at.
    request.method === 'GET' || request.method === 'DELETE' ? undefined : body,
  )
  server.addHook('onRequest', (request, _reply, done) => {
    const { headers } = request.raw
    if (headers['content-type'] === '') delete headers['content-type']
    done()
  })
}

/** A body as JSON. Throws InvalidRequest in the words of the original. */
export function jsonBody(request: FastifyRequest): unknown {
  const type = request.headers['content-type'] ?? ''
  if (!type.toLowerCase().includes('application/json'))
    throw new GatewayError('InvalidRequest', `unknown content type: ${type.slice(0, 128)}`)
  const bytes = bytesOf(request)
  if (bytes.length === 0) throw new GatewayError('InvalidRequest', 'EOF')
  try {
    return parseJson(bytes)
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    const faults = error.faults.map(({ where, what }) => `${where} ${what}`)
    throw new GatewayError('InvalidRequest', [error.detail, ...faults].join(' '), { faults: error.faults })
  }
}

/** A body as the text of an id. */
export function textBody(request: FastifyRequest): string {
  return bytesOf(request).toString('utf8').trim()
}

function bytesOf({ body }: FastifyRequest): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0)
}
