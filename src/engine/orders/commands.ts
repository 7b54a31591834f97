import type { TransactionSql } from 'postgres'
import type { Clock } from '../../clock.ts'
import { GatewayError } from '../../errors.ts'
import type { Store } from '../../store/postgres.ts'
import type { Principal } from '../accounts/principal.ts'
import type { KeyedLocks } from '../locks.ts'
import type { Table } from '../mirror/mirror.ts'
import { insertOrder, lockOrder, updateOrder } from './queries.ts'
import type { OrderRow } from './rows.ts'
import { type Order, type OrderCreate, type OrderPatch, portSpecifications } from './schema.ts'
import { formatSecret, hashSecret } from './secrets.ts'
import type { OrderState } from './state.ts'
import { noDetails } from './view.ts'

export interface OrderCommandDependencies {
  store: Store
  runtime: 'docker' | 'simulated'
  state: OrderState
  table: Table<Order>
  clock: Clock
  ids: () => string
  randomHex: (bytes: number) => string
  locks: KeyedLocks
  wake(orderId: string): void
}

/** What admins do with orders. */
export interface OrderCommands {
  /** The secret is told this once. */
  create(principal: Principal, body: OrderCreate): Promise<{ order: Readonly<Order>; secret: string }>
  /** Renews or expires an order. Errors: NotFound, Conflict (it is being deleted), InvalidRequest, PreconditionFailed. */
  patch(principal: Principal, id: string, body: OrderPatch, ifMatch?: string): Promise<Readonly<Order>>
  /** Ends an order, and what runs for it; it is gone when nothing is left. Asked again, answers alike. Errors: NotFound. */
  remove(principal: Principal, id: string, ifMatch?: string): Promise<Readonly<Order>>
}

const hourMs = 3600_000

export function createOrderCommands(dependencies: OrderCommandDependencies): OrderCommands {
  const { store, runtime, state, table, clock, ids, randomHex, locks, wake } = dependencies

  function end(hours: number, now: number): Date | null {
    return hours === 0 ? null : new Date(now + hours * hourMs)
  }

  async function change(
    principal: Principal,
    id: string,
    ifMatch: string | undefined,
    decide: (row: OrderRow, now: number) => OrderRow,
  ): Promise<Readonly<Order>> {
    const seen = table.get(id, principal)
    if (!seen) throw missing(id)
    await locks.run(`order ${id}`, async () => {
      if (ifMatch !== undefined && table.get(id)?.metadata.resourceVersion !== ifMatch)
        throw new GatewayError('PreconditionFailed', `the order ${id} has changed`)
      const now = clock.now()
      await store.transaction(async (sql: TransactionSql) => {
        const row = await lockOrder(sql, runtime, id)
        if (!row) throw missing(id)
        await updateOrder(sql, decide(row, now), new Date(now))
      })
      await state.refresh(id).finally(() => wake(id))
    })
    return table.get(id) ?? seen
  }

  return {
    async create(principal, body) {
      const { resourceUnit, portSpecification, duration = 0, labels = {}, ...details } = body
      const id = ids()
      const secret = formatSecret(randomHex(32))
      const now = clock.now()
      await insertOrder(store.sql, {
        id,
        runtime,
        owner: principal.name,
        secretHash: hashSecret(secret),
        units: Number.parseInt(resourceUnit, 10),
        portPolicy: portSpecification === portSpecifications.random ? 'random' : 'user',
        details: { ...noDetails, ...details },
        labels,
        duration,
        expiresAt: end(duration, now),
        at: new Date(now),
      })
      await state.refresh(id).finally(() => wake(id))
      const order = table.get(id)
      if (!order) throw missing(id)
      return { order, secret }
    },

    async patch(principal, id, body, ifMatch) {
      if (body.duration !== undefined && body.expired)
        throw new GatewayError('InvalidRequest', 'An order is renewed or expired, not both.', {
          faults: [{ where: '/body/expired', what: 'does not go with duration' }],
        })
      return change(principal, id, ifMatch, (row, now) => {
        if (row.deleting) throw new GatewayError('Conflict', `the order ${id} is being deleted`)
        const labels = { ...row.labels }
        for (const [key, value] of Object.entries(body.labels ?? {}))
          if (value === null) delete labels[key]
          else labels[key] = value
        if (body.expired) return { ...row, labels, expiresAt: new Date(now), aborted: true }
        if (body.duration === undefined) return { ...row, labels }
        return { ...row, labels, duration: body.duration, expiresAt: end(body.duration, now), aborted: false }
      })
    },

    remove: (principal, id, ifMatch) => change(principal, id, ifMatch, row => ({ ...row, deleting: true })),
  }
}

function missing(id: string): GatewayError {
  return new GatewayError('NotFound', `there is no order ${JSON.stringify(id)}`)
}
