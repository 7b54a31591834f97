import type { FastifyInstance, FastifyReply } from 'fastify'
import { GatewayError } from '../../errors.ts'
import type { WhenOver } from './common.ts'

/**
 * Closing begins with the signal `server.closing`: streams and waits end, what is under way is answered, connections go
 * as soon as they are idle, later requests on them get 503. Returns what is to be told of requests that are over.
 */
export function endWhatIsOpen(server: FastifyInstance, { multiplexed }: { multiplexed: boolean }): WhenOver {
  const controller = new AbortController()
  const answers = new Set<FastifyReply['raw']>()
  server.decorate('closing', controller.signal)
  server.addHook('preClose', async () => {
    controller.abort(new Error('the server is closing'))
    for (const answer of answers) answer.shouldKeepAlive = false
  })
  server.addHook('onRequest', (_request, reply, done) => {
    answers.add(reply.raw)
    if (!controller.signal.aborted) return done()
    reply.header('connection', 'close')
    done(new GatewayError('Unavailable', 'The gateway is shutting down.'))
  })
  if (multiplexed)
    server.addHook('onSend', (request, reply, _payload, done) => {
      // HTTP/2 knows no such header. Fastify sets it, too, where a body is too large.
      if (request.raw.httpVersionMajor > 1) reply.removeHeader('connection')
      done()
    })
  return (_request, reply) => {
    answers.delete(reply.raw)
    if (controller.signal.aborted) setImmediate(() => server.server.closeIdleConnections())
  }
}

/** For a hijacked answer: its connection ends with it. That of HTTP/2, which knows no such header, goes on. */
export function endConnectionAfter(reply: FastifyReply): void {
  if (reply.request.raw.httpVersionMajor === 1) reply.header('connection', 'close')
}

/**
 * A signal for work on behalf of a request: aborts when its connection or its answer ends, when the server closes, and
 * when the credential that it came with does not count any more.
 */
export function signalOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  const abort = () => controller.abort()
  const ends = [reply.server.closing, ...(reply.request.identity ? [reply.request.identity.ended] : [])]
  if (reply.raw.destroyed || ends.some(end => end.aborted)) abort()
  for (const end of ends) end.addEventListener('abort', abort, { once: true })
  reply.raw.once('close', () => {
    for (const end of ends) end.removeEventListener('abort', abort)
    abort()
  })
  return controller.signal
}

/**
 * Closes a server: no new connections, streams end, short requests finish. What is left after `graceMs` milliseconds is
 * cut off. Repeatable.
 */
export async function closeServer(server: FastifyInstance, options: { graceMs: number }): Promise<void> {
  const cut = setTimeout(() => {
    server.server.closeAllConnections()
    for (const socket of server.upgraded) socket.destroy()
  }, options.graceMs)
  try {
    await server.close()
  } finally {
    clearTimeout(cut)
  }
}
