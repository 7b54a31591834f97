import type { Network } from '../../../engine/networks/schema.ts'
import { principalOf } from '../../http/context.ts'
import type { HttpServer } from '../../http/server.ts'
import type { RestContext } from '../context.ts'
import { answerList, answerOne, fieldFilter } from '../reads.ts'
import * as schemas from './networks.schema.ts'

const config = { access: 'user' } as const

export function networkRoutes(server: HttpServer, { engine, watches }: RestContext): void {
  const table = engine.tables.networks

  server.get('/networks', { config, schema: schemas.networkList }, (request, reply) => {
    const { query } = request
    if (query.host) return engine.networks.host(principalOf(request))
    const filter = fieldFilter<Network>(query, ['cluster', 'kind'])
    return answerList({ table, watches, request, reply, query, filter })
  })

  server.post('/networks', { config: { access: 'admin' }, schema: schemas.networkCreate }, async (request, reply) => {
    const pool = await engine.networks.create(principalOf(request), request.body)
    return reply.code(201).header('location', `/api/v1/networks/${pool.name}`).send(pool)
  })

  server.delete(
    '/networks/:name',
    { config: { access: 'admin' }, schema: schemas.networkDelete },
    async (request, reply) => {
      await engine.networks.remove(principalOf(request), request.params.name)
      return reply.code(204).send()
    },
  )

  server.get('/networks/:name', { config, schema: schemas.networkGet }, (request, reply) => {
    const { query, params } = request
    return answerOne({ table, watches, request, reply, query, noun: 'network', key: params.name })
  })
}
