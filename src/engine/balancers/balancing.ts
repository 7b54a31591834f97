import type { Clock } from '../../clock.ts'
import { type BalancerDriver, endpointKey, type Protocol, realServerKey } from '../../drivers/balancer.ts'
import type { ClusterAccess } from '../../drivers/kubernetes/access.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Store } from '../../store/postgres.ts'
import type { Cluster } from '../clusters/schema.ts'
import type { Table, Unversioned } from '../mirror/mirror.ts'
import type { Node } from '../nodes/schema.ts'
import { createWorkQueue } from '../queue.ts'
import type { Service } from '../services/schema.ts'
import { allocateAddress } from './allocate.ts'
import { type BalancerRow, deleteBalancer, selectBalancers } from './queries.ts'
import type { Balancer } from './schema.ts'
import { isBalanced, type Target, targetsOf, viewBalancers, virtualServersOf } from './targets.ts'

export interface BalancingOptions {
  store: Store
  /** Null: load balancing is switched off. */
  driver: BalancerDriver | null
  tables: { clusters: Table<Cluster>; nodes: Table<Node>; services: Table<Service>; balancers: Table<Balancer> }
  /** Whether all services of a cluster have been seen, with what is behind them: those that are missing then are gone. */
  servicesKnown(clusterId: string): boolean
  /** The way to a cluster's API server. Rejects when there is none. */
  access(clusterId: string): Promise<ClusterAccess>
  clock: Clock
  random: () => number
  log: Log
}

export interface Balancing {
  /** Begins: looks at every cluster, and from then on at each that changes. */
  start(): void
  /** Pools have changed: every cluster is looked at. */
  lookAtAll(): void
  /** What is known of a cluster's services has changed. */
  look(clusterId: string): void
  close(): Promise<void>
}

const concurrency = 4
/** How often connections are counted. */
const countMs = 5000
const pruneKey = 'prune'

/** Active connections of a virtual server to one of its real servers. */
type Counts = (address: string, port: number, protocol: Protocol, node: string, nodePort: number) => number

/** Gives every load balancer of our clusters an address and keeps its virtual servers as they shall be. */
export function createBalancing(options: BalancingOptions): Balancing {
  const { store, driver, tables, clock, random, log } = options
  const closing = new AbortController()
  const viewer = { name: 'balancing', admin: true }
  const queue = createWorkQueue({
    work: (key, signal) => (key === pruneKey ? prune() : balance(key, signal)),
    onRetry: (id, error, delayMs) =>
      log.warn(
        { cluster: tables.clusters.get(id)?.name, reason: messageOf(error), delayMs },
        'balancing is tried again',
      ),
    clock,
    random,
    concurrency,
  })
  let ends: (() => void)[] = []
  let counting: Promise<void> | undefined

  const within = (clusterId: string) => (object: { clusterId: string }) => object.clusterId === clusterId
  const of = <T extends Node | Service>(table: Table<T>, clusterId: string) =>
    table.list({ viewer, filter: object => object.clusterId === clusterId }).items

  async function balance(clusterId: string, signal: AbortSignal): Promise<void> {
    const cluster = tables.clusters.get(clusterId)
    if (cluster?.managedBy !== 'kindgate' || cluster.state === 'deleting') {
      tables.balancers.replace([], { within: within(clusterId) })
      return queue.add(pruneKey)
    }
    // At the same moment as the services themselves: what is known later may be more than these.
    const seen = options.servicesKnown(clusterId)
    const known = driver !== null && seen
    // Before, a service's nodes could seem to have no pods of it, and be taken from it.
    const services = seen ? of(tables.services, clusterId) : []
    const targets = targetsOf(cluster, of(tables.nodes, clusterId), services)
    const faults: unknown[] = []
    const attempt = (work: Promise<void>) => work.catch((error: unknown) => void faults.push(error))
    const before = driver ? await selectBalancers(store.sql, clusterId) : []
    if (known)
      for (const row of before.filter(each => !targets.some(target => keeps(target, each))))
        await attempt(free(row, services, signal))
    const counts = await connectionCounts()
    const shown: Unversioned<Balancer>[] = []
    const wanted = new Set<string>()
    for (const target of targets)
      await attempt(
        serve(cluster, target, { wanted, faults, counts, signal }).then(elements => void shown.push(...elements)),
      )
    signal.throwIfAborted()
    tables.balancers.replace(shown, { within: within(clusterId) })
    if (known) await removeOthers(before, wanted)
    if (faults.length > 0) throw faults[0]
  }

  /**
   * A load balancer that is not wanted any more, or asks for another address: its service is gone, or is told first that
   * it has none now.
   */
  async function free(row: BalancerRow, services: readonly Readonly<Service>[], signal: AbortSignal): Promise<void> {
    const service = services.find(each => each.namespace === row.namespace && each.name === row.name)
    if (service?.externalAddresses.includes(row.address)) await publish(row.clusterId, service, [], signal)
    await deleteBalancer(store.sql, row)
    lookAtWaiting()
  }

  async function serve(
    cluster: Readonly<Cluster>,
    target: Target,
    { wanted, faults, counts, signal }: { wanted: Set<string>; faults: unknown[]; counts: Counts; signal: AbortSignal },
  ): Promise<Unversioned<Balancer>[]> {
    const { namespace, name } = target
    const allocation = driver
      ? await allocateAddress(store, { clusterId: cluster.id, namespace, name, address: target.wish })
      : { lack: 'load balancing is switched off (setting BALANCER)' }
    const address = 'row' in allocation ? allocation.row.address : null
    const failures = new Map<string, string>()
    for (const server of address === null ? [] : virtualServersOf(target, address)) {
      wanted.add(endpointKey(server))
      await driver?.ensure(server).catch((error: unknown) => {
        failures.set(`${server.port}/${server.protocol}`, messageOf(error))
        faults.push(error)
      })
    }
    let notice = ''
    await tell(cluster.id, target, failures.size > 0 ? null : address, signal).catch((error: unknown) => {
      notice = `its service could not be told its address, and will be: ${messageOf(error)}`
      faults.push(error)
    })
    if ('lack' in allocation) noteLack(cluster, target, allocation.lack)
    return viewBalancers(cluster, target, {
      address,
      driver: driver?.name ?? null,
      lack: 'lack' in allocation ? allocation.lack : '',
      notice,
      failure: (port, protocol) => failures.get(`${port}/${protocol}`),
      connections: (port, protocol, node) =>
        counts(address ?? '', port, protocol, node, target.ports.find(each => each.port === port)?.nodePort ?? 0),
    })
  }

  /** The service shows its address, once that works. */
  async function tell(clusterId: string, target: Target, address: string | null, signal: AbortSignal): Promise<void> {
    if (address === null || target.shown === null || target.shown.includes(address)) return
    await publish(clusterId, target, [{ ip: address }], signal)
  }

  /** Logged once for each reason: what is shown has it from then on. */
  function noteLack(cluster: Readonly<Cluster>, { namespace, name }: Target, reason: string): void {
    const shown = tables.balancers.list({
      viewer,
      filter: each => each.clusterId === cluster.id && each.namespace === namespace && each.service === name,
    }).items
    if (shown.some(each => each.message === reason)) return
    log.info({ cluster: cluster.name, namespace, service: name, reason }, 'a load balancer has no address')
  }

  async function publish(
    clusterId: string,
    { namespace, name }: { namespace: string; name: string },
    ingress: { ip: string }[],
    signal: AbortSignal,
  ): Promise<void> {
    const access = await options.access(clusterId)
    await access.patch(
      { apiVersion: 'v1', kind: 'Service', namespace, name },
      { status: { loadBalancer: { ingress } } },
      { subresource: 'status' },
      signal,
    )
  }

  /** Virtual servers at the cluster's addresses, those it has given back included, that nobody wants. */
  async function removeOthers(before: BalancerRow[], wanted: ReadonlySet<string>): Promise<void> {
    const addresses = new Set(before.map(row => row.address))
    for (const server of (await driver?.observe()) ?? [])
      if (addresses.has(server.address) && !wanted.has(endpointKey(server))) await driver?.remove(server)
  }

  /** What is at addresses that no load balancer has, of clusters that are gone or of an earlier process. */
  async function prune(): Promise<void> {
    if (!driver) return
    const rows = await selectBalancers(store.sql)
    await driver.prune(new Set(rows.map(row => row.address)))
    lookAtWaiting()
  }

  async function connectionCounts(): Promise<Counts> {
    const counts = new Map<string, number>()
    for (const server of (await driver?.observe()) ?? [])
      for (const real of server.realServers)
        counts.set(`${endpointKey(server)} ${realServerKey(real)}`, real.activeConnections)
    return (address, port, protocol, node, nodePort) =>
      counts.get(`${endpointKey({ address, port, protocol })} ${realServerKey({ address: node, port: nodePort })}`) ?? 0
  }

  async function keepCounting(): Promise<void> {
    while (!closing.signal.aborted) {
      await clock.sleep(countMs, closing.signal).catch(() => undefined)
      if (closing.signal.aborted) return
      try {
        const counts = await connectionCounts()
        for (const each of tables.balancers.list({ viewer }).items) {
          if (each.vip === null || each.rip === null) continue
          const protocol = each.protocol === 'udp' ? 'udp' : 'tcp'
          tables.balancers.apply({
            ...each,
            activeConnections: counts(each.vip, each.vipPort, protocol, each.rip, each.ripPort),
          })
        }
      } catch (error) {
        log.warn({ reason: messageOf(error) }, 'connections of load balancers could not be counted')
      }
    }
  }

  /** Addresses may have become free: for those that have none. */
  function lookAtWaiting(): void {
    const waiting = tables.balancers.list({ viewer, filter: each => each.vip === null }).items
    for (const clusterId of new Set(waiting.map(each => each.clusterId))) queue.add(clusterId)
  }

  function lookAtAll(): void {
    for (const { id } of tables.clusters.list({ viewer }).items) queue.add(id)
  }

  return {
    lookAtAll,
    look: queue.add,
    start() {
      ends = [
        tables.clusters.subscribe(({ object }) => queue.add(object.id)),
        tables.nodes.subscribe(({ object }) => queue.add(object.clusterId)),
        tables.services.subscribe(({ object, previous }) => {
          if (isBalanced(object) || (previous && isBalanced(previous))) queue.add(object.clusterId)
        }),
      ]
      lookAtAll()
      queue.add(pruneKey)
      if (driver) counting = keepCounting()
    },
    async close() {
      closing.abort(new Error('the gateway stops'))
      for (const end of ends) end()
      await queue.close()
      await counting
    },
  }
}

function keeps({ namespace, name, wish }: Target, row: BalancerRow): boolean {
  return row.namespace === namespace && row.name === name && (wish === null || wish === row.address)
}
