import { type FastifyBaseLogger, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { pino } from 'pino'
import { loggedUrl } from './urls.ts'

const secrets = ['authorization', 'cookie', '["set-cookie"]', '["proxy-authorization"]', 'token', 'password', 'secret']

/**
 * The gateway's log: JSON lines to standard output, or to `stream`. What may be secret is replaced wherever an object with
 * such a member is logged, up to three levels deep.
 */
export function createLogger(options: { level: string; stream?: { write(line: string): void } }): FastifyBaseLogger {
  const nested = secrets.map(name => (name.startsWith('[') ? `*${name}` : `*.${name}`))
  const paths = [...secrets, ...nested, ...nested.map(path => `*.${path}`)]
  return pino({ level: options.level, redact: { paths, censor: '[redacted]' } }, options.stream ?? pino.destination(1))
}

/** One line for each request, when it is over; never at error level, which is for what nobody foresaw. */
export class RequestLog extends LogController {
  override incomingRequest(request: FastifyRequest): void {
    request.log.debug({ method: request.method, url: loggedUrl(request) }, 'request begun')
  }

  override requestCompleted(error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply): void {
    if (!error) logRequest(request, reply, 'request completed')
  }

  override streamError(error: Error, request: FastifyRequest): void {
    request.log.info({ reason: error.message }, 'answer not taken to its end')
  }
}

/** Call once per request: logs it when its connection ends before its answer does. */
export function logAborted(request: FastifyRequest, reply: FastifyReply): void {
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) logRequest(request, reply, 'request aborted')
  })
}

export function logRequest(request: FastifyRequest, reply: FastifyReply, message: string): void {
  const line = {
    method: request.method,
    url: loggedUrl(request),
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime),
    user: request.principal?.name,
    remoteAddress: request.ip,
  }
  request.log.info(line, message)
}
