import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import type { Identity } from '../../engine/accounts/identity.ts'
import type { Principal } from '../../engine/accounts/principal.ts'
import type { OrderIdentity } from '../../engine/orders/orders.ts'
import { GatewayError } from '../../errors.ts'
import type { Gate } from './gate.ts'

/** Who may call a route: anybody, anybody with a valid token, admins, who has the secret of an order. */
export type Access = 'public' | 'user' | 'admin' | 'order'

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
    readonly principal: Principal | null
    /** Whose secret was sent; null but on routes with access `order`. */
    order: OrderIdentity | null
    /** The answer is a stream that lasts as long as its reader likes. */
    streaming: boolean
  }
  interface FastifyInstance {
    /** Aborts when the server begins to shut down: streams and waits end. */
    closing: AbortSignal
    /** Who is let in, and how browsers show who they are. */
    gate: Gate
    /** By the beginning of a path: how errors look there, also of requests that reach no route as their path is malformed. */
    errorShapes: Map<string, ErrorShape>
    /** What GET /metrics shows. */
    metrics: Registry
  }
}

/** How a surface answers errors. */
export interface ErrorShape {
  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): unknown
  /** Whether somebody without a credential may learn that there is nothing. */
  open: boolean
}

/** Who asks, on a route that is not public. */
export function principalOf(request: { principal: Principal | null }): Principal {
  if (!request.principal) throw new GatewayError('Unauthorized', noCredential)
  return request.principal
}

/** Whose order a request is about, on a route with access `order`. */
export function orderOf(request: { order: OrderIdentity | null }): OrderIdentity {
  if (!request.order) throw new GatewayError('Unauthorized', 'the header secret is missing')
  return request.order
}

/** The same with the credential: what lasts longer than an answer ends when `identity.ended` aborts. */
export function identityOf(request: { identity: Identity | null }): Identity {
  if (!request.identity) throw new GatewayError('Unauthorized', noCredential)
  return request.identity
}

/** What who shows no credential is told. */
export const noCredential = 'Send a token as Authorization: Bearer <token>.'
