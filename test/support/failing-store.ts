import type { Store } from '../../src/store/postgres.ts'
import { unavailable } from '../../src/store/unavailable.ts'

/** A store whose database can be made unreachable. */
export interface FailingStore extends Store {
  /** From now on nothing is answered but errors; what is under way comes to its end. */
  fail(): void
  mend(): void
  /** As `fail`, as soon as a transaction has been committed. */
  failAfterCommit(): void
}

export function createFailingStore(store: Store): FailingStore {
  let down = false
  let downAfterCommit = false
  const lost = () => Object.assign(new Error('write CONNECTION_CLOSED database:5432'), { code: 'CONNECTION_CLOSED' })
  const isQuery = ([first]: unknown[]) => Array.isArray(first) && 'raw' in first
  return {
    ...store,
    fail: () => {
      down = true
    },
    mend: () => {
      down = downAfterCommit = false
    },
    failAfterCommit: () => {
      downAfterCommit = true
    },
    sql: new Proxy(store.sql, {
      apply(target, self, parameters) {
        if (!down || !isQuery(parameters)) return Reflect.apply(target, self, parameters)
        const query = Promise.reject(lost())
        query.catch(() => undefined)
        return query
      },
    }),
    async transaction(work) {
      if (down) throw unavailable(lost())
      const result = await store.transaction(work)
      down ||= downAfterCommit
      return result
    },
    async ping() {
      if (down) throw unavailable(lost())
      await store.ping()
    },
  }
}
