import type { AuditEntry } from '../../../engine/audit/schema.ts'
import { principalOf } from '../../http/context.ts'
import type { HttpServer } from '../../http/server.ts'
import type { RestContext } from '../context.ts'
import { answerList, fieldFilter } from '../reads.ts'
import * as schemas from './audit.schema.ts'

const fields = ['actor', 'action', 'resource', 'result', 'surface'] as const

export function auditRoutes(server: HttpServer, { engine, watches }: RestContext): void {
  const table = engine.tables.audit
  server.get('/audit', { config: { access: 'admin' }, schema: schemas.auditList }, async (request, reply) => {
    const { query } = request
    const { since, until, watch, resourceVersion, ...rest } = query
    if (!watch) return engine.audit.list(principalOf(request), { ...rest, since: date(since), until: date(until) })
    const hasFields = fieldFilter<AuditEntry>(query, fields)
    const from = date(since)?.getTime() ?? Number.NEGATIVE_INFINITY
    const to = date(until)?.getTime() ?? Number.POSITIVE_INFINITY
    const filter = (entry: Readonly<AuditEntry>) => {
      const at = Date.parse(entry.at)
      return from <= at && at < to && (hasFields?.(entry) ?? true)
    }
    return answerList({ table, watches, request, reply, query, filter })
  })
}

function date(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text)
}
