import type { Cluster } from '../../../engine/clusters/schema.ts'
import { principalOf } from '../../http/context.ts'
import type { HttpServer } from '../../http/server.ts'
import { answerCommand } from '../commands.ts'
import type { RestContext } from '../context.ts'
import { answerList, answerOne, fieldFilter } from '../reads.ts'
import * as schemas from './clusters.schema.ts'

const config = { access: 'user' } as const
const filters = ['name', 'state', 'managedBy'] as const

export function clusterRoutes(server: HttpServer, { engine, watches }: RestContext): void {
  const { clusters } = engine
  const table = engine.tables.clusters

  server.get('/clusters', { config, schema: schemas.clusterList }, (request, reply) => {
    const { query } = request
    return answerList({ table, watches, request, reply, query, filter: fieldFilter<Cluster>(query, filters) })
  })

  server.post('/clusters', { config, schema: schemas.clusterCreate }, (request, reply) =>
    answerCommand({ engine, request, reply }, (principal, options) =>
      clusters.create(principal, request.body, options),
    ),
  )

  server.get('/clusters/:name', { config, schema: schemas.clusterGet }, (request, reply) => {
    const { query, params } = request
    return answerOne({ table, watches, request, reply, query, noun: 'cluster', key: params.name })
  })

  server.patch('/clusters/:name', { config, schema: schemas.clusterUpdate }, (request, reply) =>
    answerCommand({ engine, request, reply }, (principal, options) =>
      clusters.patch(principal, request.params.name, request.body, options),
    ),
  )

  server.delete('/clusters/:name', { config, schema: schemas.clusterDelete }, (request, reply) =>
    answerCommand({ engine, request, reply }, (principal, options) =>
      clusters.remove(principal, request.params.name, options),
    ),
  )

  server.post('/clusters/:name/start', { config, schema: schemas.clusterStart }, (request, reply) =>
    answerCommand({ engine, request, reply }, (principal, options) =>
      clusters.start(principal, request.params.name, options),
    ),
  )

  server.post('/clusters/:name/stop', { config, schema: schemas.clusterStop }, (request, reply) =>
    answerCommand({ engine, request, reply }, (principal, options) =>
      clusters.stop(principal, request.params.name, options),
    ),
  )

  server.get('/clusters/:name/kubeconfig', { config, schema: schemas.kubeconfigGet }, async (request, reply) => {
    const kubeconfig = await clusters.kubeconfig(principalOf(request), request.params.name)
    return reply.type('application/yaml').send(kubeconfig)
  })
}
