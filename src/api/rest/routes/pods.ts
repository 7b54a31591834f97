import { podFields } from '../../../engine/pods/fields.ts'
import type { HttpServer } from '../../http/server.ts'
import type { RestContext } from '../context.ts'
import { namespacedReads } from './namespaced.ts'
import { podReads as schemas } from './pods.schema.ts'

const config = { access: 'user' } as const

export function podRoutes(server: HttpServer, context: RestContext): void {
  const { list, one } = namespacedReads(context, {
    table: context.engine.tables.pods,
    fields: podFields,
    filters: ['namespace', 'node', 'status'],
  })

  server.get('/pods', { config, schema: schemas.list }, (request, reply) => list(request, reply, request.query))

  server.get('/clusters/:name/pods', { config, schema: schemas.clusterList }, (request, reply) =>
    list(request, reply, request.query, request.params.name),
  )

  server.get('/clusters/:cluster/namespaces/:namespace/pods/:name', { config, schema: schemas.get }, (request, reply) =>
    one(request, reply, request.query, request.params),
  )
}
