import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { isEnabled } from '../../log.ts'
import { loggedUrl } from './urls.ts'

/** One line for each request, when it is over; never at error level, which is for what nobody foresaw. */
export class RequestLog extends LogController {
  override incomingRequest(request: FastifyRequest): void {
    if (isEnabled(request.log, 'debug'))
      request.log.debug({ method: request.method, url: loggedUrl(request) }, 'request begun')
  }

  override requestCompleted(error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply): void {
    if (!error) logRequest(request, reply, 'request completed')
  }

  override streamError(error: Error, request: FastifyRequest): void {
    request.log.info({ reason: error.message }, 'answer not taken to its end')
  }
}

/** Of a request that is over: logs it when its connection ended before its answer did, or after an upgrade. */
export function logAborted(request: FastifyRequest, reply: FastifyReply): void {
  if (reply.raw.writableFinished) return
  logRequest(request, reply, reply.raw.statusCode === 101 ? 'upgraded connection ended' : 'request aborted')
}

export function logRequest(request: FastifyRequest, reply: FastifyReply, message: string): void {
  if (!isEnabled(request.log, 'info')) return
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
