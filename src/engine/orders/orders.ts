import type { Clock } from '../../clock.ts'
import type { NodeDriver } from '../../drivers/runtime.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Store } from '../../store/postgres.ts'
import { createKeyedLocks } from '../locks.ts'
import type { Table } from '../mirror/mirror.ts'
import { createWorkQueue } from '../queue.ts'
import type { Keyring } from '../secrets/keyring.ts'
import type { OrderClusters } from './clusters.ts'
import { createOrderCommands, type OrderCommands } from './commands.ts'
import { createDeployments, type Deployments } from './deployments.ts'
import { createExpiry } from './expiry.ts'
import { createOrderPods, type OrderPods } from './pods.ts'
import { createPorts } from './ports.ts'
import { sealDeployment } from './queries.ts'
import { createOrderReconciler, isOver } from './reconciler.ts'
import { createRefusals } from './refusals.ts'
import { createRegions, type Regions } from './regions.ts'
import { isExpired } from './rows.ts'
import type { Order } from './schema.ts'
import { createDeploymentSeals } from './sealing.ts'
import { createOrderState } from './state.ts'
import type { UnitSettings } from './units.ts'
import { viewOrder } from './view.ts'

export interface OrderSettings extends UnitSettings {
  /** How long what runs for an order outlives it, in milliseconds. */
  orderGraceMs: number
  /** `1024M`: what a pod may receive and send in a second. */
  podBandwidth: string
}

export interface OrdersOptions {
  store: Store
  runtime: 'docker' | 'simulated'
  table: Table<Order>
  clusters: OrderClusters
  keyring: Keyring
  driver: Pick<NodeDriver, 'listening'>
  settings: OrderSettings
  clock: Clock
  ids: () => string
  random: () => number
  randomHex: (bytes: number) => string
  log: Log
}

/** Whose secret it is. */
export interface OrderIdentity {
  id: string
  expired: boolean
  /** Aborts when the order expires or is deleted: what lasts on its behalf ends then. */
  ended: AbortSignal
}

/** Orders of V-Kube: what admins do with them, and what those do who have an order's secret. */
export interface Orders extends OrderCommands {
  /** Whose secret this is; undefined for one that is unknown. No database round trip; in constant time. */
  authenticate(secret: string): OrderIdentity | undefined
  readonly regions: Regions
  readonly deployments: Deployments
  readonly pods: OrderPods
}

export interface RunningOrders extends Orders {
  /** Reads one order anew, or all, and looks what has to be done. */
  load(id?: string): Promise<void>
  /** What is seen of an order has changed; `gone`: something of it was removed. */
  seen(orderId: string, how?: 'gone'): void
  /** A cluster has come up or gone. */
  clusterChanged(clusterId: string): void
  /** Begins to work; ends with the signal. */
  run(signal: AbortSignal): Promise<void>
}

/** Orders worked on at once. */
const concurrency = 4

export function createOrders(options: OrdersOptions): RunningOrders {
  const { store, clusters, table, driver, settings, clock, random, log } = options
  const now = clock.now
  const refusals = createRefusals()
  const state = createOrderState({
    ...options,
    view: row => viewOrder(row, { clusters, units: settings, refusals, now }),
  })
  const graceMs = settings.orderGraceMs
  const seals = createDeploymentSeals(options.keyring)
  const reconcile = createOrderReconciler({
    store,
    state,
    clusters,
    seals,
    refusals,
    onRefused: (order, message) => log.warn({ order, message }, 'Kubernetes refuses what runs for an order'),
    units: settings,
    graceMs,
    bandwidth: settings.podBandwidth,
    now,
  })
  const queue = createWorkQueue({
    work: reconcile,
    onRetry: (order, error, delayMs) => log.warn({ order, reason: messageOf(error), delayMs }, 'tried again later'),
    clock,
    random,
    concurrency,
  })
  const ports = createPorts({
    clusters,
    orders: () => state.all().filter(row => !isOver(row, now(), graceMs)),
    driver,
    clock,
  })
  const dependencies = {
    ...options,
    state,
    table,
    ports,
    seals,
    units: settings,
    locks: createKeyedLocks(),
    wake(id: string) {
      queue.add(id)
      expiry.changed()
    },
  }

  const lives = new Map<string, AbortController>()
  const expiry = createExpiry({
    state,
    clock,
    graceMs,
    onExpired(id) {
      lives.get(id)?.abort(new Error('the order has expired'))
      lives.delete(id)
      state.project(id)
    },
    onOver: queue.add,
  })

  /** Seals what a version kept that knew no sealing; what cannot be written now is sealed at another start. */
  async function sealAll(signal: AbortSignal): Promise<void> {
    for (const row of state.all()) {
      if (signal.aborted || row.deployment === null || row.deployment.sealed !== undefined) continue
      const clear = await seals.open(row.id, row.deployment)
      await sealDeployment(store.sql, row, await seals.seal(row.id, clear))
    }
  }

  function lifeOf(id: string): AbortSignal {
    const life = lives.get(id) ?? new AbortController()
    lives.set(id, life)
    return life.signal
  }

  return {
    ...createOrderCommands(dependencies),
    regions: createRegions({ clusters, ports }),
    deployments: createDeployments(dependencies),
    pods: createOrderPods({ state, clusters, refusals }),

    authenticate(secret) {
      const row = state.bySecret(secret)
      if (!row) return undefined
      const expired = isExpired(row, now())
      return { id: row.id, expired, ended: expired ? AbortSignal.abort() : lifeOf(row.id) }
    },

    async load(id = 'all') {
      await state.refresh(id)
      for (const row of state.all()) if (id === 'all' || row.id === id) queue.add(row.id)
      expiry.changed()
    },

    seen(orderId, how) {
      state.project(orderId)
      if (how === 'gone') queue.add(orderId)
    },

    clusterChanged(clusterId) {
      for (const row of state.all())
        if (row.deployment?.clusterId === clusterId || row.places.includes(clusterId)) {
          state.project(row.id)
          queue.add(row.id)
        }
    },

    async run(signal) {
      await sealAll(signal).catch(error =>
        log.warn({ reason: messageOf(error) }, 'could not seal what runs for orders'),
      )
      await expiry.run(signal)
      await queue.close()
      for (const life of lives.values()) life.abort(new Error('the gateway stops'))
      await state.settled()
    },
  }
}
