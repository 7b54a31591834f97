import type { Clock } from '../../clock.ts'
import { GatewayError } from '../../errors.ts'
import type { Store } from '../../store/postgres.ts'
import type { KeyedLocks } from '../locks.ts'
import { type DeployRequest, type PlaceOptions, placeDeployment } from './deploy.ts'
import { lockOrder, updateDeployment } from './queries.ts'
import { type Deployment, isExpired, type KeptDeployment, type OrderRow } from './rows.ts'
import type { DeploymentSeals } from './sealing.ts'
import type { OrderState } from './state.ts'

export interface DeploymentDependencies extends PlaceOptions {
  store: Store
  runtime: 'docker' | 'simulated'
  state: OrderState
  clock: Clock
  locks: KeyedLocks
  seals: DeploymentSeals
  wake(orderId: string): void
}

/** New values for parts of what runs, by container. */
export interface DeploymentUpdate {
  environment: Record<string, Record<string, string>>
  /** Texts of the containers' files. */
  config: Record<string, string>
}

/**
 * What the buyer of an order does with its pod. Each writes what is wanted, and answers before it is so. Errors of each:
 * NotFound (no order, or nothing is deployed), Forbidden (expired meanwhile).
 */
export interface Deployments {
  /** Deploys, or replaces what is deployed. Errors: see placeDeployment. */
  deploy(orderId: string, request: DeployRequest): Promise<KeptDeployment>
  restart(orderId: string): Promise<void>
  stop(orderId: string): Promise<void>
  start(orderId: string): Promise<void>
  /** Removes the pod and all that belongs to it. Done already is done. */
  remove(orderId: string): Promise<void>
  /**
   * Merges values into the environment, or replaces files; the pod is made anew. Errors: InvalidRequest, Unavailable (what
   * was deployed cannot be read).
   */
  update(orderId: string, update: DeploymentUpdate): Promise<void>
}

export function createDeployments(dependencies: DeploymentDependencies): Deployments {
  const { store, runtime, state, clock, locks, seals, wake } = dependencies

  /** One at a time over all orders: each is decided on the ports that those before it left. */
  function change(
    orderId: string,
    decide: (row: OrderRow) => KeptDeployment | null | Promise<KeptDeployment | null>,
  ): Promise<KeptDeployment | null> {
    return locks.run('order deployments', async () => {
      const row = state.get(orderId)
      if (!row) throw new GatewayError('NotFound', 'there is no such order')
      const deployment = await decide(row)
      await store.transaction(async sql => {
        const now = await lockOrder(sql, runtime, orderId)
        if (!now || isExpired(now, clock.now())) throw new GatewayError('Forbidden', 'the order has expired')
        await updateDeployment(sql, { id: orderId, deployment, at: new Date(clock.now()) })
      })
      await state.refresh(orderId).finally(() => wake(orderId))
      return deployment
    })
  }

  async function alter(
    orderId: string,
    how: (deployment: KeptDeployment) => KeptDeployment | Promise<KeptDeployment>,
  ): Promise<void> {
    await change(orderId, ({ deployment }) => {
      if (!deployment) throw new GatewayError('NotFound', 'nothing is deployed')
      return how(deployment)
    })
  }

  return {
    async deploy(orderId, request) {
      const deployment = await change(orderId, async row =>
        seals.seal(orderId, await placeDeployment(row, request, dependencies)),
      )
      if (!deployment) throw new Error('what was deployed is nothing')
      return deployment
    },
    restart: id => alter(id, now => ({ ...now, stopped: false, restarts: now.restarts + 1 })),
    stop: id => alter(id, now => ({ ...now, stopped: true })),
    start: id => alter(id, now => ({ ...now, stopped: false })),
    async remove(id) {
      await change(id, () => null)
    },
    update: (id, update) =>
      alter(id, async kept => {
        const now = await seals.open(id, kept)
        return seals.seal(id, { ...now, containers: now.containers.map(updated(now, update)) })
      }),
  }
}

function updated({ containers }: Deployment, { environment, config }: DeploymentUpdate) {
  for (const name of [...Object.keys(environment), ...Object.keys(config)])
    if (!containers.some(container => container.name === name))
      throw new GatewayError('InvalidRequest', `there is no container ${JSON.stringify(name)}`)
  return (container: Deployment['containers'][number]) => {
    const envs = new Map(container.envs.map(({ name, value }) => [name, value]))
    for (const [name, value] of Object.entries(environment[container.name] ?? {})) envs.set(name, value)
    const text = config[container.name]
    if (text !== undefined && container.config === null)
      throw new GatewayError('InvalidRequest', `the container ${container.name} was deployed without configMountPath`)
    return {
      ...container,
      envs: [...envs].map(([name, value]) => ({ name, value })),
      config: container.config && { ...container.config, text: text ?? container.config.text },
    }
  }
}
