import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after } from 'node:test'
import { type Clock, systemClock } from '../../src/clock.ts'
import type { BalancerDriver } from '../../src/drivers/balancer.ts'
import { createGitReader } from '../../src/drivers/git/program.ts'
import type { IdentityProvider } from '../../src/drivers/identity-provider.ts'
import { createClusterImporter } from '../../src/drivers/kubernetes/importer.ts'
import type { Registry } from '../../src/drivers/registry.ts'
import type { ObservedNetwork, ObservedNode, Runtime } from '../../src/drivers/runtime.ts'
import { createSimulatedBalancer } from '../../src/drivers/simulated/balancer.ts'
import { createSimulatedRuntime, type SimulatedRuntime } from '../../src/drivers/simulated/runtime.ts'
import type { Principal } from '../../src/engine/accounts/principal.ts'
import type { Cluster, ClusterCreate } from '../../src/engine/clusters/schema.ts'
import { createEngine, type RunningEngine } from '../../src/engine/engine.ts'
import type { Node } from '../../src/engine/nodes/schema.ts'
import type { Operation, OperationState } from '../../src/engine/operations/schema.ts'
import { hasEnded } from '../../src/engine/operations/view.ts'
import type { EngineSettings } from '../../src/engine/options.ts'
import { createKeyring, type Keyring } from '../../src/engine/secrets/keyring.ts'
import { type ErrorCode, GatewayError } from '../../src/errors.ts'
import type { Log } from '../../src/log.ts'
import { readGatewayId } from '../../src/store/gateway.ts'
import type { Store } from '../../src/store/postgres.ts'
import { createEagerClock, patienceMs } from './eager-clock.ts'
import { recordingLog } from './log.ts'

/** One database for all tests of a file, which takes less time than one for each. */
const shared: { store?: Promise<Store>; cleanups: (() => Promise<void>)[] } = { cleanups: [] }
after(async () => {
  for (const cleanup of shared.cleanups) await cleanup()
})
// Only now, so that the hook above comes before the one that ends the server.
const { testDatabase } = await import('./postgres.ts')

/** A store with users and nothing else. The tests of a file have it one after the other. */
export async function emptyStore(): Promise<Store> {
  shared.store ??= testDatabase({ after: work => shared.cleanups.push(work) }).then(({ store }) => store)
  const store = await shared.store
  await store.sql`truncate address_pools, clusters, nodes, operations, orders, order_places, tokens, users cascade`
  await addUsers(store)
  return store
}

export async function addUsers(store: Store): Promise<void> {
  for (const { name, admin } of [root, ann, bob])
    await store.sql`insert into users (name, admin) values (${name}, ${admin}) on conflict do nothing`
}

export const root: Principal = { name: 'root', admin: true }
export const ann: Principal = { name: 'ann', admin: false }
export const bob: Principal = { name: 'bob', admin: false }

export const settings: EngineSettings = {
  registryCredentials: new Map(),
  version: '0.0.0-test',
  publicUrl: 'http://127.0.0.1:9601',
  logins: { allowed: ['example.com'], admins: [] },
  sessions: { ttlMs: 12 * 3600_000, idleMs: 3600_000 },
  nodeImage: 'kindest/node:v1.34.4',
  nodeImages: ['kindest/node:*'],
  maxNodes: 8,
  domain: 'localhost',
  networkPool: '172.28.0.0/14',
  dockerHost: 'unix:///var/run/docker.sock',
  apiServerHost: '127.0.0.1',
  stopGraceSeconds: 20,
  drainTimeoutMs: 20 * patienceMs,
  stepTimeoutMs: 100 * patienceMs,
  unitMemory: '1Gi',
  unitCpu: '250m',
  orderGraceMs: 3600_000,
  podBandwidth: '1024M',
  kubefoxCluster: '',
  kubefoxGitAllowed: [],
  operationTtlMs: 24 * 3600_000,
  auditTtlMs: 24 * 3600_000,
  quotas: { clusters: 1000, nodes: 1000, connections: 1000, requestsPerMinute: 1_000_000 },
}

/** The store with its users, the simulated runtime, and an engine between them. */
export interface Rig {
  store: Store
  runtime: SimulatedRuntime
  engine: RunningEngine
  clock: Clock
  log: ReturnType<typeof recordingLog>
  /** The operation, once it has ended. */
  ended(operation: Operation | Promise<Operation>): Promise<Operation>
  /** The same; fails unless it has succeeded. */
  done(operation: Operation | Promise<Operation>): Promise<Operation>
  /** The operation, once it is as wanted. */
  operation(id: string, holds: (operation: Readonly<Operation>) => boolean): Promise<Readonly<Operation>>
  /** Makes a cluster and waits for it. */
  create(body: ClusterCreate, owner?: Principal): Promise<Readonly<Cluster>>
  cluster(name: string): Readonly<Cluster>
  nodes(cluster: string): Readonly<Node>[]
  worker(cluster: string, index?: number): Readonly<Node>
  controlPlane(cluster: string): Readonly<Node>
  /** Resolves once the condition holds; it is asked after each change of what the engine shows. */
  until(holds: () => boolean): Promise<void>
}

export interface RigOptions {
  clock?: Clock
  /** How long the runtime's acts take, by the clock; no time by default. */
  pace?: number
  settings?: Partial<EngineSettings>
  balancer?: BalancerDriver
  identityProvider?: IdentityProvider
  keyring?: Keyring
  random?: () => number
  /** What the engine gets to work with, where that is not the runtime or the store itself. */
  through?: { runtime?(runtime: Runtime): Runtime; store?(store: Store): Store }
}

interface Test {
  after(work: () => Promise<void>): void
}

/** An engine that runs, on a store with nothing in it. */
export async function startRig(t: Test, options: RigOptions = {}): Promise<Rig> {
  const { clock = createEagerClock(), pace = 0 } = options
  const store = await emptyStore()
  return startOn(t, { store, runtime: createSimulatedRuntime({ clock, pace }), clock }, options)
}

/** An engine that runs on a store and a runtime that are there; as after a restart of the gateway. */
export async function startOn(
  t: Test,
  { store, runtime, clock }: { store: Store; runtime: SimulatedRuntime; clock: Clock },
  {
    settings: own = {},
    through = {},
    balancer = createSimulatedBalancer(),
    identityProvider,
    keyring,
    random,
  }: RigOptions = {},
): Promise<Rig> {
  const log = recordingLog()
  const engine = await newEngine({
    store: through.store?.(store) ?? store,
    runtime: through.runtime?.(runtime) ?? runtime,
    clock,
    log,
    identityProvider,
    settings: { ...settings, ...own },
    balancer,
    ...(keyring ? { keyring } : {}),
    ...(random ? { random } : {}),
  })
  t.after(() => {
    // Ends what a test that failed still holds.
    runtime.inject.breakDaemon('the test is over')
    return engine.close()
  })
  await engine.start()
  return rigOf({ store, runtime, engine, clock, log })
}

/** A registry in which nothing is. */
export const emptyRegistry: Registry = { manifest: async () => undefined, tags: async () => undefined }

export async function newEngine(options: {
  store: Store
  runtime: Runtime
  clock: Clock
  log: Log
  settings?: EngineSettings
  identityProvider?: IdentityProvider | undefined
  gatewayId?: string
  balancer?: BalancerDriver
  keyring?: Keyring
  random?: () => number
}): Promise<RunningEngine> {
  return createEngine({
    settings,
    registry: emptyRegistry,
    importer: createClusterImporter({ clock: systemClock, resolve: async () => [] }),
    balancer: createSimulatedBalancer(),
    keyring: createKeyring([Buffer.alloc(32, 7).toString('base64')]),
    random: () => 0,
    ...options,
    gatewayId: options.gatewayId ?? (await readGatewayId(options.store)),
    git: createGitReader(process.env),
    ids: randomUUID,
    randomHex: bytes => randomBytes(bytes).toString('hex'),
  })
}

export function rigOf(of: Pick<Rig, 'store' | 'runtime' | 'engine' | 'clock' | 'log'>): Rig {
  const { engine } = of
  const { tables } = engine
  const never = new AbortController().signal

  const ended: Rig['ended'] = async operation =>
    engine.operations.wait(root, (await operation).id, Number.MAX_SAFE_INTEGER, never)

  const done: Rig['done'] = async operation => {
    const last = await ended(operation)
    assert.equal(last.state, 'succeeded', `${last.action}: ${last.message} ${JSON.stringify(last.error)}`)
    return last
  }

  const until: Rig['until'] = holds =>
    new Promise((resolve, reject) => {
      const look = () => {
        try {
          if (!holds()) return
          resolve()
        } catch (error) {
          reject(error)
        }
        for (const end of ends) end()
      }
      const ends = Object.values(tables).map(table => table.subscribe(look))
      look()
    })

  const nodes: Rig['nodes'] = cluster => [
    ...tables.nodes.list({ viewer: root, filter: node => node.cluster === cluster }).items,
  ]

  const pick = (cluster: string, role: Node['role'], index = 0) => {
    const found = nodes(cluster).filter(node => node.role === role)[index]
    assert.ok(found, `${cluster} has no ${role} number ${index}`)
    return found
  }

  const rig: Rig = {
    ...of,
    ended,
    done,
    until,
    nodes,
    worker: (cluster, index) => pick(cluster, 'worker', index),
    controlPlane: cluster => pick(cluster, 'control-plane'),
    async operation(id, holds) {
      const found = () => tables.operations.get(id)
      await until(() => {
        const operation = found()
        return operation !== undefined && holds(operation)
      })
      const operation = found()
      assert.ok(operation)
      return operation
    },
    cluster(name) {
      const cluster = tables.clusters.byName(name)
      assert.ok(cluster, `there is no cluster ${name}`)
      return cluster
    },
    async create(body, owner = ann) {
      await done(engine.clusters.create(owner, body))
      return rig.cluster(body.name)
    },
  }
  return rig
}

export interface World {
  nodes: ObservedNode[]
  networks: ObservedNetwork[]
}

/** What there is of nodes and networks, whoever made them, once it is as wanted. */
export async function worldOf(runtime: Runtime, holds: (world: World) => boolean = () => true): Promise<World> {
  const nodes = new Map<string, ObservedNode>()
  const networks = new Map<string, ObservedNetwork>()
  const end = new AbortController()
  const seen = Promise.withResolvers<World>()
  const look = () => {
    const world = { nodes: [...nodes.values()], networks: [...networks.values()] }
    if (holds(world)) seen.resolve(world)
  }
  const told =
    <P extends unknown[]>(take: (...what: P) => unknown) =>
    (...what: P) => {
      take(...what)
      look()
    }
  const observing = runtime.observe(
    {
      images: () => undefined,
      snapshot: told((all: ObservedNode[], allNetworks: ObservedNetwork[]) => {
        for (const node of all) nodes.set(node.name, node)
        for (const network of allNetworks) networks.set(network.name, network)
      }),
      node: told((node: ObservedNode) => nodes.set(node.name, node)),
      nodeGone: told((name: string) => nodes.delete(name)),
      network: told((network: ObservedNetwork) => networks.set(network.name, network)),
      networkGone: told((name: string) => networks.delete(name)),
      down: reason => seen.reject(new Error(reason)),
    },
    end.signal,
  )
  try {
    return await seen.promise
  } finally {
    end.abort()
    await observing
  }
}

/** Fails unless nothing is left: no container, no network, no row, no operation under way. */
export async function assertNothingLeft({ store, runtime, engine }: Pick<Rig, 'store' | 'runtime' | 'engine'>) {
  const { nodes, networks } = await worldOf(runtime)
  const [rows] = await store.sql<{ clusters: number; nodes: number }[]>`
    select (select count(*)::int from clusters) as clusters, (select count(*)::int from nodes) as nodes`
  const count = (table: { list(query: { viewer: Principal }): { items: readonly unknown[] } }) =>
    table.list({ viewer: root }).items.length
  assert.deepEqual(
    {
      containers: nodes.map(node => node.name),
      networks: networks.map(network => network.name),
      rows: { ...rows },
      shown: [engine.tables.clusters, engine.tables.nodes, engine.tables.networks].map(count),
      unfinished: engine.tables.operations.list({ viewer: root, filter: each => !hasEnded(each) }).items,
    },
    { containers: [], networks: [], rows: { clusters: 0, nodes: 0 }, shown: [0, 0, 0], unfinished: [] },
  )
}

/** For assert.rejects: a GatewayError of a code, whose words match. */
export function refused(code: ErrorCode, words = /./): (error: unknown) => true {
  return error => {
    assert.ok(error instanceof GatewayError, String(error))
    assert.equal(error.code, code, error.detail)
    assert.match(error.detail, words)
    return true
  }
}

/** How an operation ended, in short. */
export function outcome({ state, error }: Readonly<Operation>): { state: OperationState; step: string | null } {
  return { state, step: error?.step ?? null }
}
