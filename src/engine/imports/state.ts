import type { ClusterImporter } from '../../drivers/kubernetes/importer.ts'
import type { Store } from '../../store/postgres.ts'
import { storeUnavailable, unavailable } from '../../store/unavailable.ts'
import { createBatches } from '../batches.ts'
import type { Cluster } from '../clusters/schema.ts'
import type { KubernetesWatches } from '../kubernetes/watches.ts'
import type { Table } from '../mirror/mirror.ts'
import type { Observed } from '../nodes/observed.ts'
import type { Node } from '../nodes/schema.ts'
import type { Keyring } from '../secrets/keyring.ts'
import { kubeconfigContext } from './identity.ts'
import { type ImportRow, selectImports } from './queries.ts'
import { viewImport } from './view.ts'

export interface ImportStateOptions {
  store: Store
  runtime: 'docker' | 'simulated'
  keyring: Keyring
  importer: ClusterImporter
  watches: Pick<KubernetesWatches, 'watchAt' | 'forget'>
  observed: Pick<Observed, 'kubernetes'>
  tables: { clusters: Table<Cluster>; nodes: Table<Node> }
  /** Called when a name is free again. */
  onGone(): void
}

/** Imported clusters as the store has them, watched and shown in the mirror. */
export interface ImportState extends Imported {
  /** Reads all. Rejects with GatewayError `Unavailable` when the store cannot be reached. */
  load(): Promise<void>
  /** Puts into the mirror what was seen of one. */
  project(id: string): void
  settled(): Promise<void>
}

/** Which clusters are imported. */
export interface Imported {
  has(id: string): boolean
  named(name: string): boolean
}

export function createImportState(options: ImportStateOptions): ImportState {
  const { store, runtime, keyring, importer, watches, observed, tables, onGone } = options
  const imported = new Map<string, ImportRow>()
  // One read at a time, so that none ever shows what is older than what another has shown.
  const reads = createBatches<void>(async () => {
    try {
      show(await selectImports(store.sql, runtime))
    } catch (error) {
      throw storeUnavailable(error) ? unavailable(error) : error
    }
  })

  function show(rows: ImportRow[]): void {
    const gone = [...imported.keys()].filter(id => !rows.some(row => row.id === id))
    for (const id of gone) {
      imported.delete(id)
      watches.forget(id)
      tables.nodes.replace([], { within: node => node.clusterId === id })
      tables.clusters.remove(id)
    }
    for (const row of rows) {
      imported.set(row.id, row)
      project(row.id)
      watches.watchAt(row.id, {
        // Its way never changes; what is sealed anew is the same.
        id: row.id,
        open: async () => importer.open(await keyring.open(row.sealed, kubeconfigContext(row.id)), row.reach),
      })
    }
    if (gone.length > 0) onGone()
  }

  function project(id: string): void {
    const row = imported.get(id)
    if (!row) return
    const view = viewImport(row, observed.kubernetes.get(id))
    tables.clusters.apply(view.cluster)
    tables.nodes.replace(view.nodes, { within: node => node.clusterId === id })
  }

  return {
    has: id => imported.has(id),
    named: name => [...imported.values()].some(row => row.name === name),
    load: () => reads.add(),
    project,
    settled: reads.settled,
  }
}
