import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Engine } from '../../engine/api.ts'
import { type ErrorCode, errorTable } from '../../errors.ts'
import { pathOf } from './urls.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether requests of unsafe methods are in the audit log; false where they only ask. */
    audit?: boolean
    /** Which surface the route belongs to. */
    surface?: string
  }
  interface FastifyRequest {
    /** The kind of error that was the answer, where one was. */
    failure: ErrorCode | null
  }
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/**
 * Every request that could change something is in the audit log once it has been answered, also when it was refused. Of
 * the request only its route and path are: no query, no header, no body.
 */
export function auditRequests(server: FastifyInstance, audit: Pick<Engine['audit'], 'record'>): void {
  server.decorateRequest('failure', null)
  server.addHook('onRequest', (request, reply, done) => {
    if (!safeMethods.has(request.method)) {
      const { config, url } = request.routeOptions
      if (url !== undefined && config.audit !== false)
        reply.raw.once('close', () => audit.record(recordOf(request, reply)))
    }
    done()
  })
}

function recordOf(request: FastifyRequest, reply: FastifyReply): Parameters<Engine['audit']['record']>[0] {
  const { config, schema, url, method } = request.routeOptions
  const { identity } = request
  return {
    actor: request.principal?.name ?? (request.order && `order ${request.order.id}`),
    ...(identity ? { credential: identity.credential } : {}),
    action: operationIdOf(schema) ?? `${String(method)} ${url}`,
    resource: pathOf(request.raw.url ?? '/'),
    result: resultOf(request, reply),
    surface: config.surface ?? 'rest',
    from: request.ip,
    requestId: request.id,
  }
}

function resultOf({ failure }: FastifyRequest, { raw }: FastifyReply): 'OK' | 'Unknown' | ErrorCode {
  if (failure) return failure
  const { statusCode, writableEnded } = raw
  if (!writableEnded && statusCode !== 101) return 'Unknown'
  return statusCode < 400 ? 'OK' : (codeOf(statusCode) ?? 'Internal')
}

function codeOf(status: number): ErrorCode | undefined {
  return codes.find(code => errorTable[code].status === status)
}

const codes = Object.keys(errorTable).filter((code): code is ErrorCode => code in errorTable)

function operationIdOf(schema: unknown): string | undefined {
  if (typeof schema !== 'object' || schema === null || !('operationId' in schema)) return undefined
  return typeof schema.operationId === 'string' ? schema.operationId : undefined
}
