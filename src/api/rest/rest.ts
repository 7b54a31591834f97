import type { Clock } from '../../clock.ts'
import type { Engine } from '../../engine/api.ts'
import type { HttpServer } from '../http/server.ts'
import { useSchemas } from '../http/validation.ts'
import { docs } from './docs.ts'
import { openapi } from './openapi.ts'
import { noParameters } from './parameters.ts'
import { clusterRoutes } from './routes/clusters.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { networkRoutes } from './routes/networks.ts'
import { nodeRoutes } from './routes/nodes.ts'
import { operationRoutes } from './routes/operations.ts'
import { healthRoutes, systemRoutes } from './routes/system.ts'
import { sharedSchemas } from './schemas.ts'
import { createWatches } from './watches.ts'

/** The REST surface: /api/v1, health, metrics, the OpenAPI document and its docs. */
export async function rest(server: HttpServer, { engine, clock }: { engine: Engine; clock: Clock }): Promise<void> {
  const context = { engine, watches: createWatches(clock) }
  for (const schema of sharedSchemas) server.addSchema(schema)
  useSchemas(server)
  server.addHook('onRoute', route => {
    if (route.schema && !route.schema.hide) route.schema = { querystring: noParameters, ...route.schema }
  })
  await openapi(server)
  await docs(server)
  healthRoutes(server, context)
  metricsRoutes(server, context)
  await server.register(
    async (api: HttpServer) => {
      clusterRoutes(api, context)
      nodeRoutes(api, context)
      networkRoutes(api, context)
      systemRoutes(api, context)
      operationRoutes(api, context)
    },
    { prefix: '/api/v1' },
  )
}
