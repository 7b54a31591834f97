import { randomUUID } from 'node:crypto'
import { clusterExample, kubeconfigExample } from '../../src/api/rest/examples/clusters.ts'
import { imageExample } from '../../src/api/rest/examples/images.ts'
import { hostNetworksExample, networkExample, poolExample } from '../../src/api/rest/examples/networks.ts'
import { nodeExample, processExample } from '../../src/api/rest/examples/nodes.ts'
import { operationExample } from '../../src/api/rest/examples/operations.ts'
import { versionExample } from '../../src/api/rest/examples/versions.ts'
import type { Identity } from '../../src/engine/accounts/identity.ts'
import type { Principal } from '../../src/engine/accounts/principal.ts'
import type { Engine, HealthCheck } from '../../src/engine/api.ts'
import type { AuditRecord } from '../../src/engine/audit/audit.ts'
import { createClientRegistry } from '../../src/engine/clients/registry.ts'
import type { Cluster } from '../../src/engine/clusters/schema.ts'
import type { CommandOptions } from '../../src/engine/command-options.ts'
import { createMirror, type Mirror, type Table } from '../../src/engine/mirror/mirror.ts'
import type { Network } from '../../src/engine/networks/schema.ts'
import type { Node } from '../../src/engine/nodes/schema.ts'
import type { Operation, OperationAction } from '../../src/engine/operations/schema.ts'
import { waitForOperation } from '../../src/engine/operations/wait.ts'
import { createUsage } from '../../src/engine/quotas/usage.ts'
import { createTables } from '../../src/engine/tables.ts'
import { GatewayError } from '../../src/errors.ts'
import { createFakeClock, type FakeClock } from './clock.ts'
import { createFakeOrders } from './orders.ts'

/** A command as the engine was given it. */
export interface Call {
  command: string
  principal: string
  target: string | undefined
  body: unknown
  options: CommandOptions | undefined
}

export interface FakeEngine extends Engine {
  readonly clock: FakeClock
  readonly mirror: Mirror
  readonly calls: Call[]
  /** What was told to the audit log. */
  readonly audited: AuditRecord[]
  /** The credential of a token of `tokens` does not count any more. */
  endCredential(token: string): void
  /** What the next command fails with, instead of being carried out. */
  failWith(error: unknown): void
  setHealth(checks: HealthCheck[]): void
  putCluster(name: string, members?: Partial<Cluster>): Readonly<Cluster>
  putNode(name: string, members?: Partial<Node>): Readonly<Node>
  putNetwork(name: string, members?: Partial<Network>): Readonly<Network>
  putOperation(members?: Partial<Operation>): Readonly<Operation>
  /** The operation goes on as these members say. */
  progress(id: string, members: Partial<Operation>): Readonly<Operation>
}

/** The tokens it knows. `ann` and `bob` are users, `root` is an admin. */
export const tokens = { root: 'kg_root-token', ann: 'kg_ann-token', bob: 'kg_bob-token' }

const principals = new Map<string, Principal>([
  [tokens.root, { name: 'root', admin: true }],
  [tokens.ann, { name: 'ann', admin: false }],
  [tokens.bob, { name: 'bob', admin: false }],
])

/** Connections that each of its users may have. */
export const mostWatches = 200

/** An engine without a store and a runtime: real mirror tables, commands that are written down. */
export function createFakeEngine(options: { ringSize?: number; maxBacklogBytes?: number } = {}): FakeEngine {
  const clock = createFakeClock()
  const mirror = createMirror({ clock, ...options })
  const tables = createTables(mirror)
  const identities = new Map<string, { identity: Identity; end: AbortController }>()
  for (const [token, principal] of principals) {
    const end = new AbortController()
    const credential = { kind: 'token', id: randomUUID() } as const
    identities.set(token, { end, identity: { principal, credential, ended: end.signal } })
  }
  const audited: AuditRecord[] = []
  const calls: Call[] = []
  let failure: { error: unknown } | undefined
  let checks: HealthCheck[] = [{ name: 'store', ready: true, message: 'connected' }]

  function putOperation(members: Partial<Operation> = {}) {
    const id = members.id ?? randomUUID()
    return tables.operations.apply({ ...operationExample, owner: 'ann', ...members, id, name: id })
  }

  function command(name: string, action: OperationAction) {
    return async (principal: Principal, ...rest: unknown[]): Promise<Operation> => {
      const target = typeof rest[0] === 'string' ? rest[0] : undefined
      const last = rest.at(-1)
      const body = typeof rest[0] === 'string' ? (rest.length > 2 ? rest[1] : undefined) : rest[0]
      calls.push({ command: name, principal: principal.name, target, body, options: optionsOf(last) })
      takeFailure()
      return putOperation({ action, owner: principal.name, state: 'pending', cluster: target ?? 'alex' })
    }
  }

  function takeFailure() {
    if (!failure) return
    const { error } = failure
    failure = undefined
    throw error
  }

  return {
    clock,
    mirror,
    calls,
    audited,
    endCredential(token) {
      identities.get(token)?.end.abort()
      identities.delete(token)
    },
    tables,
    failWith: error => {
      failure = { error }
    },
    setHealth: now => {
      checks = now
    },
    putCluster: (name, members = {}) =>
      tables.clusters.apply({ ...clusterExample, ...ownOf(tables.clusters, name), ...members }),
    putNode: (name, members = {}) => tables.nodes.apply({ ...nodeExample, ...ownOf(tables.nodes, name), ...members }),
    putNetwork: (name, members = {}) =>
      tables.networks.apply({ ...networkExample, ...ownOf(tables.networks, name), ...members }),
    putOperation,
    progress: (id, members) => {
      const operation = tables.operations.get(id)
      if (!operation) throw new Error(`no operation ${id}`)
      return tables.operations.apply({ ...operation, ...members })
    },
    clusters: {
      create: command('clusters.create', 'createCluster'),
      patch: command('clusters.patch', 'updateCluster'),
      remove: command('clusters.remove', 'deleteCluster'),
      start: command('clusters.start', 'startCluster'),
      stop: command('clusters.stop', 'stopCluster'),
      kubeconfig: async (principal, name) => {
        takeFailure()
        if (tables.clusters.byName(name, principal)) return kubeconfigExample
        throw new GatewayError('NotFound', `There is no cluster "${name}".`)
      },
    },
    nodes: {
      add: command('nodes.add', 'addNodes'),
      remove: command('nodes.remove', 'deleteNode'),
      start: command('nodes.start', 'startNode'),
      stop: command('nodes.stop', 'stopNode'),
      processes: async (principal, name) => {
        takeFailure()
        if (tables.nodes.byName(name, principal)) return [processExample]
        throw new GatewayError('NotFound', `There is no node "${name}".`)
      },
    },
    pods: {
      logs: notThere,
      remove: notThere,
      stream: notThere,
      passage: notThere,
    },
    clients: createClientRegistry({ table: tables.clients, clock }),
    networks: {
      async create(principal, body) {
        calls.push({
          command: 'networks.create',
          principal: principal.name,
          target: undefined,
          body,
          options: undefined,
        })
        takeFailure()
        return tables.networks.apply({ ...poolExample, ...body })
      },
      async remove(principal, target) {
        calls.push({
          command: 'networks.remove',
          principal: principal.name,
          target,
          body: undefined,
          options: undefined,
        })
        takeFailure()
      },
      host() {
        takeFailure()
        return hostNetworksExample
      },
    },
    images: { list: async () => ({ images: [imageExample], unanswered: [] }), exists: async () => true },
    orders: createFakeOrders(tables.orders),
    operations: {
      wait: (principal, id, ms, signal) =>
        waitForOperation({ table: tables.operations, clock, principal, id, ms, signal }),
    },
    accounts: {
      authenticate: token => identities.get(token)?.identity,
      authenticateSession: session => identities.get(session)?.identity,
      authenticateServiceAccount: async () => undefined,
      holds: ({ ended }) => !ended.aborted,
      ...createUsage({
        clock,
        quotasOf: () => ({ clusters: null, nodes: null, connections: mostWatches, requestsPerMinute: null }),
      }),
    },
    logins: {
      begin: async () => ({ location: 'https://accounts.example.com/authorize', state: 'sealed' }),
      finish: async () => ({ user: 'ann', session: tokens.ann, seconds: 60, returnTo: '/docs' }),
      end: async () => undefined,
    },
    users: {
      create: notFaked,
      patch: notFaked,
      remove: notFaked,
      tokens: { create: notFaked, list: notFaked, revoke: notFaked },
      serviceAccounts: { create: notFaked, list: notFaked, document: notFaked, revoke: notFaked },
    },
    audit: {
      record: record => void audited.push(record),
      list: async () => ({ items: [], metadata: { resourceVersion: '1' } }),
      counts: () => ({ held: 2, lost: 3 }),
    },
    refs: {
      get: notFaked,
      reveal: notFaked,
      effective: notFaked,
      names: notFaked,
      refs: notFaked,
      metadata: notFaked,
      create: notFaked,
      createFromGit: notFaked,
      setMetadata: notFaked,
      tag: notFaked,
      moveBranch: notFaked,
      removeRef: notFaked,
      remove: notFaked,
    },
    platforms: {
      names: notFaked,
      get: notFaked,
      put: notFaked,
      patch: notFaked,
      metadata: notFaked,
      setMetadata: notFaked,
      remove: notFaked,
      deploy: notFaked,
      deployments: notFaked,
      deployment: () => clash(),
      removeDeployment: notFaked,
      release: notFaked,
      releases: notFaked,
      releaseOf: () => clash(),
      removeRelease: notFaked,
    },
    version: () => versionExample,
    health: () => checks,
  }
}

/** The fake has no pods. */
async function notThere(): Promise<never> {
  throw new GatewayError('NotFound', 'There is no such pod.')
}

/** What tests have a store for. */
function clash(): never {
  throw new Error('this is not faked')
}

async function notFaked(): Promise<never> {
  throw new GatewayError('NotFound', 'There are no users here.')
}

function optionsOf(value: unknown): CommandOptions | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { idempotencyKey, ifMatch }: CommandOptions = value
  return { ...(idempotencyKey === undefined ? {} : { idempotencyKey }), ...(ifMatch === undefined ? {} : { ifMatch }) }
}

/** Objects belong to ann, and keep their id while they exist, unless told otherwise. */
function ownOf(table: Table<Cluster> | Table<Node> | Table<Network>, name: string) {
  return { name, owner: 'ann', id: table.byName(name)?.id ?? randomUUID() }
}
