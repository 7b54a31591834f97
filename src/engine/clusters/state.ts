import type { Store } from '../../store/postgres.ts'
import { createKeyedLocks } from '../locks.ts'
import type { Table } from '../mirror/mirror.ts'
import type { Network } from '../networks/schema.ts'
import type { Observed } from '../nodes/observed.ts'
import type { Node } from '../nodes/schema.ts'
import { selectDesired } from './queries.ts'
import type { Desired } from './rows.ts'
import type { Cluster } from './schema.ts'
import { type ClusterView, foreignId, viewCluster, viewForeignCluster } from './view.ts'

export interface ClusterStateOptions {
  store: Store
  runtime: 'docker' | 'simulated'
  observed: Observed
  tables: { clusters: Table<Cluster>; nodes: Table<Node>; networks: Table<Network> }
}

/** What is wanted, as read from the store, and its projection into the mirror. */
export interface ClusterState {
  get(id: string): Desired | undefined
  byName(name: string): Desired | undefined
  all(): Desired[]
  /** Reads everything anew. */
  load(): Promise<void>
  /** Reads one cluster anew; whoever reads the mirror after this sees it. */
  refresh(id: string): Promise<Desired | undefined>
  /** Puts into the mirror what rows and drivers say of one of our clusters. */
  project(id: string): void
  /** The same for all clusters that are not ours. */
  projectForeign(): void
  projectAll(): void
}

export function createClusterState({ store, runtime, observed, tables }: ClusterStateOptions): ClusterState {
  const desired = new Map<string, Desired>()
  const reads = createKeyedLocks()

  function apply(id: string, view: ClusterView | undefined): void {
    // Dependents first when they go, last when they come: a node never names a cluster that is not there.
    if (view) tables.clusters.apply(view.cluster)
    tables.networks.replace(view?.networks ?? [], { within: network => network.id === id })
    tables.nodes.replace(view?.nodes ?? [], { within: node => node.clusterId === id })
    if (!view) tables.clusters.remove(id)
  }

  function project(id: string): void {
    const found = desired.get(id)
    apply(id, found && viewCluster(found, observed))
  }

  function projectForeign(): void {
    const containers = [...observed.nodes.values()].filter(
      node => node.clusterId === null || !desired.has(node.clusterId),
    )
    const views = [...Map.groupBy(containers, node => node.cluster)].map(([name, nodes]) =>
      viewForeignCluster(name, nodes, observed, runtime === 'simulated'),
    )
    // A name that one of our clusters holds is ours, whatever a stray container's label says.
    const shown = new Map(views.filter(view => !byName(view.cluster.name)).map(view => [view.cluster.id, view]))
    for (const { id } of tables.clusters.list({ viewer: system }).items)
      if (!desired.has(id) && !shown.has(id)) apply(id, undefined)
    for (const [id, view] of shown) apply(id, view)
  }

  function byName(name: string): Desired | undefined {
    return [...desired.values()].find(each => each.cluster.name === name)
  }

  async function load(): Promise<void> {
    // A read that began before another must not put its older rows over the other's.
    await reads.run('', readAll)
  }

  async function readAll(): Promise<void> {
    const rows = await selectDesired(store.sql, { runtime })
    desired.clear()
    for (const each of rows) desired.set(each.cluster.id, each)
    projectAll()
  }

  async function readOne(id: string): Promise<Desired | undefined> {
    const [row] = await selectDesired(store.sql, { runtime, id })
    if (row) desired.set(id, row)
    else desired.delete(id)
    project(id)
    return row
  }

  function projectAll(): void {
    for (const id of desired.keys()) project(id)
    projectForeign()
  }

  return {
    get: id => desired.get(id),
    byName,
    all: () => [...desired.values()],
    load,
    refresh: id => reads.run('', () => readOne(id)),
    project,
    projectForeign,
    projectAll,
  }
}

const system = { name: 'system', admin: true }

export { foreignId }
