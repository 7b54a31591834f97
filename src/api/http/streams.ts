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
  // The rest of a body that nobody read must not be taken for another request.
  const ending = request.raw.complete ? {} : { connection: 'close' }
  const multiplexed = request.raw.httpVersionMajor > 1 // and knows no such header
  for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...headers, ...ending }))
    if (value !== undefined && !(multiplexed && name === 'connection')) reply.raw.setHeader(name, value)
  // A handful of hooks, the request's signal and the pipeline listen for its end.
  reply.raw.setMaxListeners(20)
  reply.raw.writeHead(status)
  reply.raw.flushHeaders()
  pipeline(body, reply.raw, error => {
    if (error) request.log.info({ reason: error.message }, 'stream not taken to its end')
  })
}
