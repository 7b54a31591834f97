import type { Clock } from '../../clock.ts'
import { GatewayError } from '../../errors.ts'
import type { Principal } from '../accounts/principal.ts'
import type { Table } from '../mirror/mirror.ts'
import { createSignal } from '../signal.ts'
import type { Operation } from './schema.ts'
import { hasEnded } from './view.ts'

/** The operation once it has ended, or as it is when time is up or the signal aborts. Throws NotFound. */
export async function waitForOperation(options: {
  table: Table<Operation>
  clock: Clock
  principal: Principal
  id: string
  ms: number
  signal: AbortSignal
}): Promise<Operation> {
  const { table, clock, principal, id, ms, signal } = options
  const find = () => {
    const operation = table.get(id, principal)
    if (!operation) throw new GatewayError('NotFound', `there is no operation ${id}`)
    return operation
  }
  if (hasEnded(find()) || ms <= 0) return find()
  const changed = createSignal()
  const unsubscribe = table.subscribe(change => {
    if (change.object.id === id) changed.fire()
  })
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  clock.sleep(ms, either).then(
    () => over.abort(),
    () => undefined,
  )
  try {
    await changed
      .until(() => hasEnded(find()), either)
      .catch(error => {
        if (!either.aborted) throw error
      })
    return find()
  } finally {
    over.abort()
    unsubscribe()
  }
}
