import type { Unversioned } from '../mirror/objects.ts'
import { effectiveQuotas, type QuotaName } from '../quotas/schema.ts'
import type { UserRow } from './rows.ts'
import type { User } from './schema.ts'

export function viewUser(row: UserRow, quotas: Record<QuotaName, number>): Unversioned<User> {
  const { id, name, email, admin, disabled, createdAt, generation } = row
  return {
    id,
    name,
    owner: name,
    email,
    admin,
    disabled,
    quotas: effectiveQuotas(row, quotas),
    metadata: { createdAt: createdAt.toISOString(), generation },
  }
}
