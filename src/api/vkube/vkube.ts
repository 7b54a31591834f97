import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Engine } from '../../engine/api.ts'
import { GatewayError } from '../../errors.ts'
import type { Described } from '../http/openapi/openapi.ts'
import type { HttpServer } from '../http/server.ts'
import { pathOf } from '../http/urls.ts'
import type { VkubeContext, VkubeSettings } from './context.ts'
import { handleVkubeError, vkubeErrorSchema } from './errors.ts'
import { deployedExample, orderExample, podStatusExample, portCheckExample } from './examples.ts'
import { orderRoutes } from './routes/orders.ts'
import { podRoutes } from './routes/pods.ts'
import { publicRoutes } from './routes/public.ts'
import * as schemas from './schemas.ts'

export const vkubeDescribed: Described = {
  schemas: [vkubeErrorSchema, ...Object.values(schemas)],
  examples: {
    VkubeOrder: orderExample,
    VkubePodStatus: podStatusExample,
    VkubePortCheck: portCheckExample,
    VkubeDeployed: deployedExample,
  },
  tags: [
    {
      name: 'v-kube',
      description:
        'The V-Kube API, for who has the secret of an order; the same under /k8s. Errors have a shape of their own',
    },
  ],
}

/** The guide uses both; the first is in the OpenAPI document. */
const prefixes = ['/api/v1/k8s', '/k8s']

/** The V-Kube surface: what the V-Kube API guide has, and what else clients in the field call. */
export async function vkube(
  server: HttpServer,
  { engine, settings }: { engine: Engine; settings: VkubeSettings },
): Promise<void> {
  const streams = new Map<string, number>()
  for (const [index, prefix] of prefixes.entries())
    await server.register(
      async (scope: HttpServer) => surface(scope, { engine, settings, prefix, streams }, index > 0),
      {
        prefix,
      },
    )
}

function surface(server: HttpServer, context: VkubeContext, hidden: boolean): void {
  const routes: { method: string; url: string }[] = []
  server.setErrorHandler(handleVkubeError)
  server.errorShapes.set(`${context.prefix}/`, { answer: handleVkubeError, open: true })
  readAnyType(server)
  server.addHook('onRoute', route => {
    routes.push(...[route.method].flat().map(method => ({ method, url: route.url })))
    route.config = { ...route.config, surface: 'vkube' }
    if (hidden) route.schema = { ...route.schema, hide: true }
  })
  publicRoutes(server, context)
  orderRoutes(server, context)
  podRoutes(server, context)
  refuseOthers(server, routes.slice())
}

/** Clients in the field send JSON and do not always say so. */
function readAnyType(server: HttpServer): void {
  server.addHook('onRequest', async ({ raw: { headers } }) => {
    const empty = headers['content-length'] === undefined && headers['transfer-encoding'] === undefined
    if (!empty && headers['content-length'] !== '0') headers['content-type'] = 'application/json'
  })
}

/**
 * What is not there, in the guide's shape and before anything is made of a body: 405 with `Allow` where the path exists for
 * other methods, else 404.
 */
function refuseOthers(server: HttpServer, routes: { method: string; url: string }[]): void {
  const refuse = async (request: FastifyRequest, reply: FastifyReply) => {
    const path = pathOf(request.raw.url ?? '/').replace(/\/$/, '')
    const allowed = routes.filter(route => route.url === path).map(route => route.method)
    if (allowed.length === 0) throw new GatewayError('NotFound', `there is nothing at ${path.slice(0, 256)}`)
    reply.header('allow', allowed.join(', '))
    throw new GatewayError('MethodNotAllowed', `only ${allowed.join(', ')} is allowed here`)
  }
  for (const url of ['/', '/*'])
    server.route({
      method: server.supportedMethods,
      url,
      config: { access: 'public', audit: false },
      schema: { hide: true },
      onRequest: refuse,
      handler: refuse,
    })
}
