import { isDeepStrictEqual } from 'node:util'
import type { Imported } from '../imports/state.ts'
import type { Table } from '../mirror/mirror.ts'
import type { Network } from '../networks/schema.ts'
import type { Observed } from '../nodes/observed.ts'
import type { Node } from '../nodes/schema.ts'
import type { Read, Reader } from '../reader.ts'
import type { Desired } from './rows.ts'
import type { Cluster } from './schema.ts'
import { type ClusterView, viewCluster, viewForeignCluster } from './view.ts'

export interface ClusterStateOptions {
  runtime: 'docker' | 'simulated'
  observed: Observed
  reader: Pick<Reader, 'cluster'>
  /** They are shown by others, and hold their names. */
  imported: Imported
  tables: { clusters: Table<Cluster>; nodes: Table<Node>; networks: Table<Network> }
  /** Called when clusters have come or gone: what is seen may belong to others now. */
  onMembers(): void
}

/** What is wanted, as read from the store, and its projection into the mirror. */
export interface ClusterState {
  get(id: string): Desired | undefined
  byName(name: string): Desired | undefined
  all(): Desired[]
  /** Takes in what was read, and shows it. */
  show(read: Read<Desired>): void
  /** Reads one cluster anew; whoever reads the mirror after this sees it. */
  refresh(id: string): Promise<Desired | undefined>
  /** Puts into the mirror what rows and drivers say of one of our clusters. */
  project(id: string): void
  /** The same for all clusters that are not ours. */
  projectForeign(): void
  projectAll(): void
}

const system = { name: 'system', admin: true }

export function createClusterState(options: ClusterStateOptions): ClusterState {
  const { runtime, observed, reader, imported, tables, onMembers } = options
  const desired = new Map<string, Desired>()

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
    const free = views.filter(({ cluster: { name } }) => !byName(name) && !imported.named(name))
    const shown = new Map(free.map(view => [view.cluster.id, view]))
    for (const { id } of tables.clusters.list({ viewer: system }).items)
      if (!desired.has(id) && !shown.has(id) && !imported.has(id)) apply(id, undefined)
    for (const [id, view] of shown) apply(id, view)
  }

  function byName(name: string): Desired | undefined {
    return [...desired.values()].find(each => each.cluster.name === name)
  }

  function projectAll(): void {
    for (const id of desired.keys()) project(id)
    projectForeign()
  }

  return {
    get: id => desired.get(id),
    byName,
    all: () => [...desired.values()],
    show({ ids, rows }) {
      const read = new Map(rows.map(row => [row.cluster.id, row]))
      const concerned = new Set([...(ids === 'all' ? desired.keys() : ids), ...read.keys()])
      const moved = [...concerned].some(id => desired.has(id) !== read.has(id))
      const changed = [...concerned].filter(id => !isDeepStrictEqual(desired.get(id), read.get(id)))
      for (const id of changed) {
        const row = read.get(id)
        if (row) desired.set(id, row)
        else desired.delete(id)
      }
      for (const id of changed) project(id)
      if (!moved) return
      projectForeign()
      onMembers()
    },
    async refresh(id) {
      await reader.cluster(id)
      return desired.get(id)
    },
    project,
    projectForeign,
    projectAll,
  }
}
