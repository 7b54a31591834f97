import type { Clock } from '../clock.ts'
import type { Engine } from '../engine/api.ts'
import { docs } from './http/openapi/docs.ts'
import { openapi } from './http/openapi/openapi.ts'
import type { HttpServer } from './http/server.ts'
import { login } from './login/login.ts'
import { qbo } from './qbo/qbo.ts'
import { rest, restDescribed } from './rest/rest.ts'
import type { VkubeSettings } from './vkube/context.ts'
import { vkube, vkubeDescribed } from './vkube/vkube.ts'

export interface SurfaceOptions {
  engine: Engine
  clock: Clock
  /** Whether WebSocket messages are compressed where the client offers it. */
  deflate?: boolean
  /** Open to the public with 100 requests a minute for each address where it is left out. */
  vkube?: VkubeSettings | undefined
}

/** Every surface over one engine, each in a scope of its own, described by one OpenAPI document. */
export async function surfaces(server: HttpServer, options: SurfaceOptions): Promise<void> {
  await openapi(server, [restDescribed, vkubeDescribed])
  await docs(server)
  await server.register(async (scope: HttpServer) => login(scope, options))
  await server.register(async (scope: HttpServer) => rest(scope, options))
  await server.register(async (scope: HttpServer) => qbo(scope, options))
  const { engine, vkube: settings = { public: true, requestsPerMinute: 100 } } = options
  await server.register(async (scope: HttpServer) => vkube(scope, { engine, settings }))
}
