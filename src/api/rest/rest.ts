import type { Clock } from '../../clock.ts'
import type { Engine } from '../../engine/api.ts'
import type { Described } from '../http/openapi/openapi.ts'
import type { HttpServer } from '../http/server.ts'
import { auditRoutes } from './accounts/audit.ts'
import { credentialRoutes } from './accounts/credentials.ts'
import { accountExamples } from './accounts/examples.ts'
import { accountSchemas } from './accounts/schemas.ts'
import { userRoutes } from './accounts/users.ts'
import { resourceExamples } from './examples/all.ts'
import { noParameters } from './parameters.ts'
import { balancerRoutes } from './routes/balancers.ts'
import { clusterRoutes } from './routes/clusters.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { networkRoutes } from './routes/networks.ts'
import { nodeRoutes } from './routes/nodes.ts'
import { operationRoutes } from './routes/operations.ts'
import { orderRoutes } from './routes/orders.ts'
import { podStreamRoutes } from './routes/pod-streams.ts'
import { podRoutes } from './routes/pods.ts'
import { proxyRoutes } from './routes/proxy.ts'
import { refRoutes } from './routes/refs.ts'
import { serviceRoutes } from './routes/services.ts'
import { healthRoutes, systemRoutes } from './routes/system.ts'
import { sharedSchemas } from './schemas.ts'
import { createWatches } from './watches.ts'

export const restDescribed: Described = {
  schemas: [...sharedSchemas, ...accountSchemas],
  examples: { ...resourceExamples, ...accountExamples },
  tags: [
    { name: 'clusters', description: 'Kubernetes clusters' },
    { name: 'nodes', description: 'The containers that clusters are made of' },
    { name: 'pods', description: 'Pods of all clusters, as their API servers report them' },
    { name: 'services', description: 'Services of all clusters, as their API servers report them' },
    { name: 'networks', description: "The clusters' networks, and pools of external addresses" },
    { name: 'balancers', description: 'Load balancers, one element for each real server' },
    { name: 'images', description: 'Node images' },
    { name: 'orders', description: 'What V-Kube secrets stand for' },
    { name: 'operations', description: 'Long work, step by step' },
    { name: 'users', description: 'Who may use the gateway, and by which credentials' },
    { name: 'audit', description: 'Who did what' },
    { name: 'system', description: 'The gateway itself' },
  ],
}

/** The REST surface: /api/v1, health and metrics. */
export async function rest(server: HttpServer, { engine, clock }: { engine: Engine; clock: Clock }): Promise<void> {
  const context = { engine, watches: createWatches(clock, engine.accounts), clock }
  server.addHook('onRoute', route => {
    if (route.schema && !route.schema.hide) route.schema = { querystring: noParameters, ...route.schema }
  })
  healthRoutes(server, context)
  metricsRoutes(server, context)
  await server.register(
    async (api: HttpServer) => {
      clusterRoutes(api, context)
      nodeRoutes(api, context)
      podRoutes(api, context)
      serviceRoutes(api, context)
      networkRoutes(api, context)
      balancerRoutes(api, context)
      systemRoutes(api, context)
      operationRoutes(api, context)
      orderRoutes(api, context)
      podStreamRoutes(api, context)
      await api.register(async (scope: HttpServer) => proxyRoutes(scope, context))
      refRoutes(api, context)
      userRoutes(api, context)
      credentialRoutes(api, context)
      auditRoutes(api, context)
    },
    { prefix: '/api/v1' },
  )
}
