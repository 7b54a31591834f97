import { orderExample } from '../../src/api/rest/examples/orders.ts'
import type { Table } from '../../src/engine/mirror/mirror.ts'
import type { Orders } from '../../src/engine/orders/orders.ts'
import type { Order } from '../../src/engine/orders/schema.ts'
import { GatewayError } from '../../src/errors.ts'

/** The secrets that the fake engine knows: of an order that is valid, and of one that has expired. */
export const orderSecrets = { valid: 'the-secret', expired: 'the-expired-secret' }

/** Orders without a store and clusters: as many as have been put into the table. */
export function createFakeOrders(table: Table<Order>): Orders {
  const find = (id: string) => {
    const order = table.get(id)
    if (!order) throw new GatewayError('NotFound', `there is no order "${id}"`)
    return order
  }
  const nothing = async () => undefined
  return {
    create: async ({ name }, { resourceUnit }) => {
      const order = table.apply({ ...orderExample, owner: name, resourceUnit })
      return { order, secret: orderSecrets.valid }
    },
    patch: async (_principal, id) => find(id),
    remove: async (_principal, id) => find(id),
    authenticate: secret => {
      if (secret === orderSecrets.valid)
        return { id: orderExample.id, expired: false, ended: new AbortController().signal }
      if (secret === orderSecrets.expired) return { id: orderExample.id, expired: true, ended: AbortSignal.abort() }
      return undefined
    },
    regions: { list: () => [], occupied: async () => ({ status: 'NoResource', occupied: [] }) },
    deployments: {
      deploy: async (_id, { region = 'ausrine', containers }) => ({
        clusterId: 'c',
        region,
        nodes: null,
        containers,
        stopped: false,
        restarts: 0,
      }),
      restart: nothing,
      stop: nothing,
      start: nothing,
      remove: nothing,
      update: nothing,
    },
    pods: {
      status: () => undefined,
      log: async () => {
        throw new GatewayError('NotFound', 'there is no pod')
      },
    },
  }
}
