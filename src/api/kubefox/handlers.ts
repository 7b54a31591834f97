import type { FastifyRequest } from 'fastify'
import type { Principal } from '../../engine/accounts/principal.ts'
import type { Engine } from '../../engine/api.ts'
import type { Envelope } from './envelope.ts'
import type { Place, Target } from './path.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A request to what a path names. */
export interface Call<At extends Place> {
  engine: Engine
  principal: Principal
  target: Target<At>
  request: FastifyRequest
  /** The query, of which unknown parameters are not looked at. Not to be written into. */
  query: URLSearchParams
  /** Ends when nobody waits for the answer any more. */
  signal(): AbortSignal
}

export type Handler<At extends Place> = (call: Call<At>) => Promise<Envelope> | Envelope

/** What each method does at each kind of path; what is not here is not found. */
export type Handlers = { [At in Place]: { [M in Method]?: Handler<At> } }

export function got({ target }: { target: Target }, data: string): Envelope {
  return { status: 200, msg: `got ${target.text}`, data }
}

export function listed({ target }: { target: Target }, items: string[]): Envelope {
  return { status: 200, msg: `listed ${items.length} ${target.text}`, data: JSON.stringify(items) }
}

export function done({ target }: { target: Target }, word: 'put' | 'patched' | 'deleted'): Envelope {
  return { status: 200, msg: `${word} ${target.text}` }
}

export function created(path: string, data?: string): Envelope {
  return { status: 201, msg: `created ${path}`, data }
}

/** Notes that secrets are about to be shown in clear: a GET, which is not noted otherwise. */
export function auditReveal({
  engine,
  principal,
  target,
  request,
}: Pick<Call<Place>, 'engine' | 'principal' | 'target' | 'request'>): void {
  engine.audit.record({
    actor: principal.name,
    action: 'kubefoxReveal',
    resource: target.text,
    result: 'OK',
    surface: 'kubefox',
    from: request.ip,
    requestId: request.id,
  })
}
