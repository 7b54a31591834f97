import type { Node } from '../../../engine/nodes/schema.ts'
import { GatewayError } from '../../../errors.ts'
import { principalOf } from '../../http/context.ts'
import type { HttpServer } from '../../http/server.ts'
import { answerCommand } from '../commands.ts'
import type { RestContext } from '../context.ts'
import { answerList, answerOne, fieldFilter } from '../reads.ts'
import * as schemas from './nodes.schema.ts'

const config = { access: 'user' } as const
const filters = ['cluster', 'state', 'role'] as const

export function nodeRoutes(server: HttpServer, { engine, watches }: RestContext): void {
  const { nodes, tables } = engine
  const table = tables.nodes

  server.get('/nodes', { config, schema: schemas.nodeList }, (request, reply) => {
    const { query } = request
    return answerList({ table, watches, request, reply, query, filter: fieldFilter<Node>(query, filters) })
  })

  server.get('/clusters/:name/nodes', { config, schema: schemas.clusterNodeList }, (request, reply) => {
    const { query, params } = request
    if (!tables.clusters.byName(params.name, principalOf(request))) {
      throw new GatewayError('NotFound', `There is no cluster "${params.name}".`)
    }
    const filter = fieldFilter<Node>({ ...query, cluster: params.name }, filters)
    return answerList({ table, watches, request, reply, query, filter })
  })

  server.post(
    '/clusters/:name/nodes',
    { config: { ...config, bodyOptional: true }, schema: schemas.clusterNodeAdd },
    (request, reply) =>
      answerCommand({ engine, request, reply }, (principal, options) =>
        nodes.add(principal, request.params.name, request.body, options),
      ),
  )

  server.get('/nodes/:name', { config, schema: schemas.nodeGet }, (request, reply) => {
    const { query, params } = request
    return answerOne({ table, watches, request, reply, query, noun: 'node', key: params.name })
  })

  server.delete('/nodes/:name', { config, schema: schemas.nodeDelete }, (request, reply) =>
    answerCommand({ engine, request, reply }, (principal, options) =>
      nodes.remove(principal, request.params.name, options),
    ),
  )

  server.post('/nodes/:name/start', { config, schema: schemas.nodeStart }, (request, reply) =>
    answerCommand({ engine, request, reply }, (principal, options) =>
      nodes.start(principal, request.params.name, options),
    ),
  )

  server.post('/nodes/:name/stop', { config, schema: schemas.nodeStop }, (request, reply) =>
    answerCommand({ engine, request, reply }, (principal, options) =>
      nodes.stop(principal, request.params.name, options),
    ),
  )

  server.get('/nodes/:name/processes', { config, schema: schemas.processList }, async request => ({
    items: await nodes.processes(principalOf(request), request.params.name),
  }))
}
