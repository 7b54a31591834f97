import { pipeline, type Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Answers with a stream whose headers go out at once, as a reader of a quiet stream waits for them. Nothing is read
 * ahead of the reader; when either side ends, so does the other.
 */
export function sendStream(
  request: FastifyRequest,
  reply: FastifyReply,
  { status, headers, body }: { status: number; headers: Record<string, string | string[] | undefined>; body: Readable },
): void {
  request.streaming = true
  reply.hijack()
  for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...headers }))
    if (value !== undefined) reply.raw.setHeader(name, value)
  // The rest of a body that nobody read must not be taken for another request.
  if (!request.raw.complete) reply.raw.setHeader('connection', 'close')
  reply.raw.writeHead(status)
  reply.raw.flushHeaders()
  pipeline(body, reply.raw, error => {
    if (error) request.log.info({ reason: error.message }, 'stream not taken to its end')
  })
}
