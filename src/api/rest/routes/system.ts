import { GatewayError } from '../../../errors.ts'
import { principalOf } from '../../http/context.ts'
import type { HttpServer } from '../../http/server.ts'
import type { RestContext } from '../context.ts'
import * as schemas from './system.schema.ts'

const config = { access: 'user' } as const

export function systemRoutes(server: HttpServer, { engine }: RestContext): void {
  server.get('/images', { config, schema: schemas.imageList }, async request => {
    const { all = false } = request.query
    const { images: items, unanswered } = await engine.images.list(principalOf(request), { all })
    if (unanswered.length === 0) return { items, metadata: {} }
    const staleReason = `no answer from the registry of ${unanswered.join(', ')}`
    return { items, metadata: { stale: true as const, staleReason } }
  })
  server.get('/version', { config, schema: schemas.versionGet }, () => engine.version())
}

/** Outside of /api/v1, where probes look for them. */
export function healthRoutes(server: HttpServer, { engine }: RestContext): void {
  const everybody = { access: 'public' } as const
  server.get('/livez', { config: everybody, schema: schemas.livenessGet }, () => ({ ready: true, checks: [] }))
  server.get('/readyz', { config: everybody, schema: schemas.readinessGet }, () => {
    const checks = engine.health().map(({ name, ready }) => ({ name, ready }))
    const notReady = checks.filter(check => !check.ready).map(check => check.name)
    if (notReady.length === 0) return { ready: true, checks }
    throw new GatewayError('Unavailable', `Not ready: ${notReady.join(', ')}.`, { extra: { notReady } })
  })
}
