import { serviceFields } from '../../../engine/services/fields.ts'
import type { HttpServer } from '../../http/server.ts'
import type { RestContext } from '../context.ts'
import { namespacedReads } from './namespaced.ts'
import { serviceReads as schemas } from './services.schema.ts'

const config = { access: 'user' } as const

export function serviceRoutes(server: HttpServer, context: RestContext): void {
  const { list, one } = namespacedReads(context, {
    table: context.engine.tables.services,
    fields: serviceFields,
    filters: ['namespace', 'type'],
  })

  server.get('/services', { config, schema: schemas.list }, (request, reply) => list(request, reply, request.query))

  server.get('/clusters/:name/services', { config, schema: schemas.clusterList }, (request, reply) =>
    list(request, reply, request.query, request.params.name),
  )

  server.get(
    '/clusters/:cluster/namespaces/:namespace/services/:name',
    { config, schema: schemas.get },
    (request, reply) => one(request, reply, request.query, request.params),
  )
}
