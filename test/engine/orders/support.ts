import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { DeployRequest } from '../../../src/engine/orders/deploy.ts'
import type { DeployedContainer } from '../../../src/engine/orders/rows.ts'
import type { Order, OrderCreate } from '../../../src/engine/orders/schema.ts'
import { type Rig, type RigOptions, root, startRig } from '../../support/engine-on-simulated.ts'

/** A gateway with a cluster in the region ausrine whose one node takes pods. */
export async function startWithRegion(t: TestContext, options: RigOptions = {}): Promise<Rig> {
  const rig = await startRig(t, options)
  await rig.create({ name: 'alex', nodes: 1, region: 'ausrine' }, root)
  await rig.until(() => rig.engine.orders.regions.list().includes('ausrine'))
  return rig
}

export async function makeOrder(rig: Rig, body: Partial<OrderCreate> = {}): Promise<{ id: string; secret: string }> {
  const { order, secret } = await rig.engine.orders.create(root, { resourceUnit: '2-Unit-Resource', ...body })
  return { id: order.id, secret }
}

export function orderOf(rig: Rig, id: string): Readonly<Order> {
  const order = rig.engine.tables.orders.get(id)
  assert.ok(order, `there is no order ${id}`)
  return order
}

/** Resolves once the order is in that status. */
export async function untilStatus(rig: Rig, id: string, status: Order['status']): Promise<void> {
  await rig.until(() => rig.engine.tables.orders.get(id)?.status === status)
}

/** Names of pods that there are of an order. */
export function podsOf(rig: Rig, id: string): string[] {
  return rig.engine.tables.pods
    .list({ viewer: root, filter: pod => pod.namespace === `order-${id}` })
    .items.map(pod => pod.name)
}

export function container(changes: Partial<DeployedContainer> = {}): DeployedContainer {
  return {
    name: 'web',
    image: 'nginx',
    ports: [{ containerPort: 80, hostPort: 2999, protocol: 'TCP' }],
    memory: '100Mi',
    command: [],
    args: [],
    envs: [],
    config: null,
    ...changes,
  }
}

export function request(...containers: Partial<DeployedContainer>[]): DeployRequest {
  return { region: 'ausrine', containers: containers.map(container) }
}
