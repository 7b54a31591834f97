import type { Network } from '../../../engine/networks/schema.ts'
import type { HttpServer } from '../../http/server.ts'
import type { RestContext } from '../context.ts'
import { answerList, answerOne, fieldFilter } from '../reads.ts'
import * as schemas from './networks.schema.ts'

const config = { access: 'user' } as const

export function networkRoutes(server: HttpServer, { engine, watches }: RestContext): void {
  const table = engine.tables.networks

  server.get('/networks', { config, schema: schemas.networkList }, (request, reply) => {
    const { query } = request
    return answerList({ table, watches, request, reply, query, filter: fieldFilter<Network>(query, ['cluster']) })
  })

  server.get('/networks/:name', { config, schema: schemas.networkGet }, (request, reply) => {
    const { query, params } = request
    return answerOne({ table, watches, request, reply, query, noun: 'network', key: params.name })
  })
}
