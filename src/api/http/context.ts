import type { Registry } from 'prom-client'
import type { Identity } from '../../engine/accounts/identity.ts'
import type { Principal } from '../../engine/accounts/principal.ts'
import { GatewayError } from '../../errors.ts'

/** Who may call a route: anybody, anybody with a valid token, admins. */
export type Access = 'public' | 'user' | 'admin'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route's policy. The server does not start while a route has none. */
    access?: Access
    /** The route takes a body but can do without. */
    bodyOptional?: boolean
  }
  interface FastifyRequest {
    /** Who asks, by which credential, and until when that holds; null on public routes. */
    identity: Identity | null
    /** Who asks; null on public routes. */
    principal: Principal | null
    /** The answer is a stream that lasts as long as its reader likes. */
    streaming: boolean
  }
  interface FastifyInstance {
    /** Who answers requests that never reach a route (a malformed path), by the path they begin with; else a problem document. */
    unroutable: { prefix: string; answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): unknown }[]
    /** Aborts when the server begins to shut down: streams and waits end. */
    closing: AbortSignal
    /** What GET /metrics shows. */
    metrics: Registry
  }
}

/** Who asks, on a route that is not public. */
export function principalOf(request: { principal: Principal | null }): Principal {
  if (!request.principal) throw new GatewayError('Unauthorized', noCredential)
  return request.principal
}

/** The same with the credential: what lasts longer than an answer ends when `identity.ended` aborts. */
export function identityOf(request: { identity: Identity | null }): Identity {
  if (!request.identity) throw new GatewayError('Unauthorized', noCredential)
  return request.identity
}

/** What who shows no credential is told. */
export const noCredential = 'Send a token as Authorization: Bearer <token>.'
