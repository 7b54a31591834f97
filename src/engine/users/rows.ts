import type { QuotaOverrides } from '../quotas/schema.ts'

/** A row of `users`. */
export interface UserRow {
  id: string
  name: string
  email: string | null
  admin: boolean
  disabled: boolean
  quotas: QuotaOverrides
  generation: number
  createdAt: Date
}
