import type { Unversioned } from '../mirror/objects.ts'
import type { AuditRow } from './queries.ts'
import type { AuditEntry } from './schema.ts'

export function viewAudit({ seq: _order, source, at, ...row }: AuditRow): Unversioned<AuditEntry> {
  const when = at.toISOString()
  return {
    ...row,
    name: row.id,
    owner: null,
    at: when,
    from: source,
    metadata: { createdAt: when, generation: 0 },
  }
}
