import type { Ref } from '../../../engine/refs/schema.ts'
import type { HttpServer } from '../../http/server.ts'
import type { RestContext } from '../context.ts'
import { answerList, fieldFilter } from '../reads.ts'
import { refList } from './refs.schema.ts'

const filters = ['name', 'kind', 'platform', 'system', 'environment', 'ready'] as const

export function refRoutes(server: HttpServer, { engine, watches }: RestContext): void {
  const table = engine.tables.refs

  server.get('/refs', { config: { access: 'user' }, schema: refList }, (request, reply) => {
    const { query } = request
    return answerList({ table, watches, request, reply, query, filter: fieldFilter<Ref>(query, filters) })
  })
}
