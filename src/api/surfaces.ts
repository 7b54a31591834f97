import type { Clock } from '../clock.ts'
import type { Engine } from '../engine/api.ts'
import { docs } from './http/openapi/docs.ts'
import { openapi } from './http/openapi/openapi.ts'
import type { HttpServer } from './http/server.ts'
import { kubefox, kubefoxDescribed } from './kubefox/kubefox.ts'
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
  await openapi(server, [restDescribed, vkubeDescribed, kubefoxDescribed])
  await docs(server)
  const { engine, vkube: settings = { public: true, requestsPerMinute: 100 } } = options
  await surface(server, 'login', scope => login(scope, options))
  await surface(server, 'rest', scope => rest(scope, options))
  await surface(server, 'qbo', scope => qbo(scope, options))
  await surface(server, 'vkube', scope => vkube(scope, { engine, settings }))
  await surface(server, 'kubefox', scope => kubefox(scope, options))
}

/** A surface in its scope; its routes carry its name. */
async function surface(server: HttpServer, name: string, add: (scope: HttpServer) => Promise<void>): Promise<void> {
  await server.register(async (scope: HttpServer) => {
    scope.addHook('onRoute', route => {
      route.config = { ...route.config, surface: name }
    })
    await add(scope)
  })
}
