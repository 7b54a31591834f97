import type { RuntimeVersion } from '../drivers/runtime.ts'
import { messageOf } from '../errors.ts'
import { type Change, listenForChanges } from '../store/changes.ts'
import { type Accounts, createAccounts } from './accounts/accounts.ts'
import type { Engine } from './api.ts'
import { createAudit } from './audit/audit.ts'
import { createBalancing } from './balancers/balancing.ts'
import { createBatches } from './batches.ts'
import { createClientRegistry } from './clients/registry.ts'
import { createClusterCommands } from './clusters/commands.ts'
import { createReconciler } from './clusters/reconciler.ts'
import { createClusterState } from './clusters/state.ts'
import { createSupervisor, straysKey } from './clusters/supervisor.ts'
import { createWorkshop } from './clusters/workshop.ts'
import { createHealth } from './health.ts'
import { createImageCheck } from './images/check.ts'
import { listImages } from './images/list.ts'
import { createTagCache } from './images/tags.ts'
import { createImportState, type Imported } from './imports/state.ts'
import { createClusterConnections } from './kubernetes/connections.ts'
import { createKubernetesWatches } from './kubernetes/watches.ts'
import { createWorkloads } from './kubernetes/workloads.ts'
import { createKeyedLocks } from './locks.ts'
import { createLogins } from './logins/logins.ts'
import { expireSessions } from './logins/sessions.ts'
import { createMirror, type Mirror } from './mirror/mirror.ts'
import { hostNetworks } from './networks/host.ts'
import { createPools } from './networks/pools.ts'
import { createNodeCommands } from './nodes/commands.ts'
import { createObserved } from './nodes/observed.ts'
import { createObserver } from './nodes/observer.ts'
import { createOperationState } from './operations/state.ts'
import { waitForOperation } from './operations/wait.ts'
import type { EngineOptions } from './options.ts'
import { composeOrders } from './orders/compose.ts'
import { createOrderWorkloads } from './orders/workloads.ts'
import { createPlatforms } from './platforms/platforms.ts'
import { createPodSource } from './platforms/pod-source.ts'
import { createPodCommands } from './pods/commands.ts'
import { createWorkQueue } from './queue.ts'
import { createUsage } from './quotas/usage.ts'
import { createReader } from './reader.ts'
import { reseal } from './secrets/reseal.ts'
import { sealedSources } from './secrets/sources.ts'
import { createSignal } from './signal.ts'
import { createTables } from './tables.ts'
import { createUserCommands } from './users/commands.ts'
import { createServiceAccountCommands } from './users/service-accounts.ts'
import { createTokenCommands } from './users/tokens.ts'
import { viewUser } from './users/view.ts'

export interface RunningEngine extends Engine {
  readonly mirror: Mirror
  readonly credentials: Accounts
  /** Reads what is wanted, observes what is, and begins to make the one into the other. */
  start(): Promise<void>
  /** Ends all work where it is; the next start goes on from there. */
  close(): Promise<void>
}

/** Clusters worked on at once. */
const concurrency = 4
const housekeepingMs = 60_000
const retryMs = 1000

export function createEngine(options: EngineOptions): RunningEngine {
  const { store, keyring, gatewayId, runtime, identityProvider, settings, clock, ids, random, randomHex, log } = options
  const stopping = new AbortController()
  const mirror = createMirror({ clock, onError: error => log.error({ err: error }, 'a watch failed') })
  const tables = createTables(mirror)
  const observed = createObserved()
  const seen = createSignal()
  const health = createHealth({ store, observed, clock })
  const reader = createReader({
    store,
    runtime: runtime.name,
    show(read) {
      clusters.show(read.clusters)
      operations.show(read.operations)
    },
  })
  const credentials = createAccounts({
    store,
    clock,
    keyring,
    sessionIdleMs: settings.sessions.idleMs,
    show: users => tables.users.replace(users.map(user => viewUser(user, settings.quotas))),
    onRevoked: mirror.revise,
  })
  const audit = createAudit({ store, clock, ids, log, table: tables.audit })
  const imported: Imported = { has: id => imports.has(id), named: name => imports.named(name) }
  const clusters = createClusterState({
    runtime: runtime.name,
    observed,
    reader,
    imported,
    tables,
    onMembers: () => supervisor.membersChanged(),
  })
  const operations = createOperationState({ store, runtime: runtime.name, reader, table: tables.operations })
  const workloads = createWorkloads({ tables, clock, onServices: id => balancing.look(id) })
  const watches = createKubernetesWatches({
    runtime,
    observed,
    workloads,
    clock,
    onChange: id => (imports.has(id) ? imports.project(id) : supervisor.kubernetesChanged(id)),
  })
  const imports = createImportState({
    store,
    runtime: runtime.name,
    keyring,
    importer: options.importer,
    watches,
    observed,
    tables,
    onGone() {
      clusters.projectForeign()
      supervisor.membersChanged()
    },
  })
  const connections = createClusterConnections({ watches, observed, clusters: tables.clusters, clock })
  const balancing = createBalancing({
    store,
    driver: options.balancer,
    tables,
    servicesKnown: workloads.servicesKnown,
    access: connections.access,
    clock,
    random,
    log,
  })
  const pools = createPools({
    store,
    table: tables.networks,
    simulated: runtime.name === 'simulated',
    networkPool: settings.networkPool,
    ids,
    randomHex,
    onChange: balancing.lookAtAll,
  })
  const workOn = createWorkshop({ store, runtime, observed, clusters, watches, seen, clock, gatewayId, settings })
  const podSource = createPodSource(tables.pods)
  const kubefox = createPlatforms({
    ...options,
    tables,
    pods: podSource,
    clusters: connections,
    simulated: runtime.name === 'simulated',
    defaultCluster: settings.kubefoxCluster,
    gitAllowed: settings.kubefoxGitAllowed,
  })
  const reconcile = createReconciler({ store, observed, clusters, operations, clock, ids, log, workOn })
  const queue = createWorkQueue({
    work: (key, signal) => (key === straysKey ? supervisor.sweep() : reconcile(key, signal)),
    onRetry: (id, error, delayMs) =>
      log.warn({ cluster: clusters.get(id)?.cluster.name, reason: messageOf(error), delayMs }, 'tried again later'),
    clock,
    random,
    concurrency,
  })
  const supervisor = createSupervisor({
    observed,
    clusters,
    imported,
    watches,
    tables,
    queue,
    seen,
    gatewayId,
    runtime,
    log,
  })
  const observer = createObserver({ observed, clock, ...supervisor.observer })
  const orders = composeOrders({
    ...options,
    runtime: runtime.name,
    tables,
    clusters,
    observed,
    driver: runtime.nodes,
    access: connections.access,
    workloads: createOrderWorkloads({ tables, rawPod: workloads.rawPod }),
  })
  const imageCheck = createImageCheck({ registry: options.registry, clock, log })
  const tags = createTagCache({
    registry: options.registry,
    credentials: settings.registryCredentials,
    clock,
    signal: stopping.signal,
    log,
  })
  const dependencies = {
    store,
    runtime: runtime.name,
    driver: runtime,
    keyring,
    importer: options.importer,
    imports,
    observed,
    clusters,
    operations,
    tables,
    ids,
    randomHex,
    settings,
    locks: createKeyedLocks(),
    wake: (id: string, how?: 'restart') => (how === 'restart' ? queue.restart(id) : queue.add(id)),
  }
  const ofUsers = { store, keyring, accounts: credentials, table: tables.users, clock, ids }
  let listening: { close(): Promise<void> } | undefined
  let lasting: Promise<unknown>[] = []
  let daemon: RuntimeVersion | null = null

  async function load(): Promise<void> {
    await Promise.all([credentials.load(), audit.load(), reader.everything()])
    await Promise.all([credentials.load(), reader.everything(), pools.load(), imports.load()])
    balancing.lookAtAll()
    await orders.load()
    await kubefox.load()
    for (const { cluster } of clusters.all()) queue.add(cluster.id)
  }

  /** What could not be read, or may have been missed, is read with all else as soon as that can be done. */
  const catchUp = createBatches<void>(async () => {
    for (let tries = 0; !stopping.signal.aborted; tries++) {
      try {
        return await load()
      } catch (error) {
        if (tries === 0) log.warn({ reason: messageOf(error) }, 'could not read the store, and tries until it can')
        await clock.sleep(retryMs, stopping.signal).catch(() => undefined)
      }
    }
  })

  /** Every write of ours is shown before its command answers; this is for what others write into the database. */
  async function changed({ table, id, clusterId }: Change): Promise<void> {
    if (isCredential(table)) return credentials.load()
    if (table === 'operations') return reader.operation(id)
    if (table === 'imported_clusters') return imports.load()
    if (table === 'address_pools') return pools.load().then(balancing.lookAtAll)
    if (table === 'orders') return orders.load(id)
    if (table.startsWith('kubefox_')) return kubefox.changed(table, id)
    const cluster = table === 'nodes' ? clusterId : id
    if (cluster === undefined) return
    await reader.cluster(cluster)
    queue.add(cluster)
  }

  async function keepHouse(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await operations.expire(new Date(clock.now() - settings.operationTtlMs))
        await expireSessions(store.sql, new Date(clock.now()))
        await audit.expire(new Date(clock.now() - settings.auditTtlMs))
      } catch (error) {
        log.warn({ reason: messageOf(error) }, 'could not forget what is old')
      }
      await clock.sleep(housekeepingMs, stopping.signal).catch(() => undefined)
    }
  }

  return {
    mirror,
    tables,
    credentials,
    clusters: createClusterCommands(dependencies),
    nodes: createNodeCommands(dependencies),
    pods: createPodCommands({ clusters: tables.clusters, connections }),
    clients: createClientRegistry({ table: tables.clients, clock }),
    networks: {
      create: pools.create,
      remove: pools.remove,
      host: principal => hostNetworks(principal, settings.dockerHost),
    },
    images: {
      list: (_principal, { all }) =>
        listImages(observed.images, {
          all,
          tags,
          settings: { ...settings, simulated: runtime.name === 'simulated' },
        }),
      exists: imageCheck.exists,
    },
    orders,
    operations: {
      wait: (principal, id, ms, signal) =>
        waitForOperation({ table: tables.operations, clock, principal, id, ms, signal }),
    },
    accounts: {
      ...credentials,
      ...createUsage({ clock, quotasOf: user => tables.users.byName(user)?.quotas }),
    },
    users: createUserCommands(ofUsers, {
      tokens: createTokenCommands(ofUsers),
      serviceAccounts: createServiceAccountCommands(ofUsers),
    }),
    logins: createLogins({
      provider: identityProvider,
      accounts: credentials,
      store,
      keyring,
      clock,
      ids,
      log,
      publicUrl: settings.publicUrl,
      policy: settings.logins,
      sessions: settings.sessions,
    }),
    audit,
    refs: kubefox.refs,
    platforms: kubefox.platforms,

    version: () => ({
      version: settings.version,
      runtime: runtime.name,
      simulated: runtime.name === 'simulated',
      docker: daemon && { version: daemon.engine, apiVersion: daemon.apiVersion, os: daemon.os, arch: daemon.arch },
      node: process.version,
      staleSince: observed.down?.since.toISOString() ?? null,
    }),

    health: health.checks,

    async start() {
      let begun = false
      listening = await listenForChanges(store, {
        log,
        onChange: change => void changed(change).catch(() => catchUp.add()),
        onResync: () => void (begun && catchUp.add().catch(() => undefined)),
      })
      begun = true
      await load()
      balancing.start()
      kubefox.start(stopping.signal)
      supervisor.onSnapshot(async () => {
        if (runtime.name === 'docker') daemon = await runtime.version().catch(() => daemon)
      })
      lasting = [
        runtime.observe(observer, stopping.signal),
        keepHouse(),
        health.watch(stopping.signal),
        orders.run(stopping.signal),
        credentials.expire(stopping.signal),
        reseal({ keyring, sources: sealedSources(store), clock, log }, stopping.signal),
      ]
    },

    async close() {
      stopping.abort(new Error('the gateway stops'))
      await listening?.close()
      await queue.close()
      await balancing.close()
      await kubefox.close()
      podSource.close()
      workloads.close()
      connections.close()
      await Promise.all([watches.close(), catchUp.settled(), reader.settled(), imports.settled(), ...lasting])
      await Promise.all([credentials.settled(), audit.close()])
    },
  }
}

/** Whether a table says who may use the gateway, and by what. */
function isCredential(table: Change['table']): boolean {
  return ['users', 'tokens', 'service_accounts', 'sessions'].includes(table)
}
