import type { Clock } from '../clock.ts'
import type { Engine } from '../engine/api.ts'
import { docs } from './http/openapi/docs.ts'
import { openapi } from './http/openapi/openapi.ts'
import type { HttpServer } from './http/server.ts'
import { kubefox, kubefoxDescribed } from './kubefox/kubefox.ts'
import { qbo } from './qbo/qbo.ts'
import { rest, restDescribed } from './rest/rest.ts'

export interface SurfaceOptions {
  engine: Engine
  clock: Clock
  /** Whether WebSocket messages are compressed where the client offers it. */
  deflate?: boolean
}

/** Every surface over one engine, each in a scope of its own, described by one OpenAPI document. */
export async function surfaces(server: HttpServer, options: SurfaceOptions): Promise<void> {
  await openapi(server, [restDescribed, kubefoxDescribed])
  await docs(server)
  await server.register(async (scope: HttpServer) => rest(scope, options))
  await server.register(async (scope: HttpServer) => kubefox(scope, options))
  await server.register(async (scope: HttpServer) => qbo(scope, options))
}
