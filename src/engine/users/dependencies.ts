import type { Store } from '../../store/postgres.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { Table } from '../mirror/mirror.ts'
import type { User } from './schema.ts'

export interface UserCommandDependencies {
  store: Store
  accounts: Pick<Accounts, 'load'>
  table: Table<User>
}
