import type { Operation } from '../../../engine/operations/schema.ts'
import { hasEnded } from '../../../engine/operations/view.ts'
import type { HttpServer } from '../../http/server.ts'
import type { RestContext } from '../context.ts'
import { answerList, answerOne, fieldFilter } from '../reads.ts'
import * as schemas from './operations.schema.ts'

const config = { access: 'user' } as const
const filters = ['cluster', 'state', 'action'] as const

export function operationRoutes(server: HttpServer, { engine, watches }: RestContext): void {
  const table = engine.tables.operations

  server.get('/operations', { config, schema: schemas.operationList }, (request, reply) => {
    const { query } = request
    return answerList({ table, watches, request, reply, query, filter: fieldFilter<Operation>(query, filters) })
  })

  server.get('/operations/:id', { config, schema: schemas.operationGet }, (request, reply) => {
    const { query, params } = request
    const until = { name: 'ended', holds: hasEnded }
    return answerOne({ table, watches, request, reply, query, noun: 'operation', key: params.id, until })
  })
}
