import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Engine } from '../../engine/api.ts'
import { principalOf } from '../http/context.ts'
import { signalOf } from '../http/lifecycle.ts'
import { type Envelope, sendEnvelope } from './envelope.ts'
import { nothingHere } from './errors.ts'
import type { Handlers, Method } from './handlers.ts'
import { objectHandlers } from './objects.ts'
import { type Place, type Target, targetOf } from './path.ts'
import { platformHandlers } from './platforms.ts'

const noQuery = new URLSearchParams()

/** Answers every request of the surface by what its path names, so that all spellings of a path lead to one handler. */
export function createDispatch(
  engine: Engine,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  const handlers: Handlers = {
    ...objectHandlers(),
    ...platformHandlers(),
    ping: { GET: () => ({ status: 200, msg: 'Pong!' }) },
  }

  function answer<At extends Place>(
    at: At,
    target: Target<At>,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Envelope | Promise<Envelope> {
    const handle = handlers[at][methodOf(request)]
    if (!handle) throw nothingHere()
    const url = request.raw.url ?? ''
    const query = url.includes('?') ? new URLSearchParams(url.slice(url.indexOf('?'))) : noQuery
    return handle({ engine, principal: principalOf(request), target, request, query, signal: () => signalOf(reply) })
  }

  return async (request, reply) => {
    const target = targetOf(request.raw.url ?? '')
    if (!target) throw nothingHere()
    return sendEnvelope(await answer(target.at, target, request, reply), request, reply)
  }
}

function methodOf({ method }: FastifyRequest): Method {
  switch (method) {
    case 'POST':
    case 'PUT':
    case 'PATCH':
    case 'DELETE':
      return method
    default:
      return 'GET'
  }
}
