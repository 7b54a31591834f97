import type { Clock } from '../../clock.ts'
import type { MirrorObject, Unversioned } from './objects.ts'
import { createTable, type Table, type TableControl } from './table.ts'
import { createVersions } from './versions.ts'

export type { ChangeType, WatchEvent } from './events.ts'
export type { WatchFormat } from './formats.ts'
export type { ListAnswer, ListMetadata, ListQuery } from './list.ts'
export type { MirrorObject, Unversioned, Viewer } from './objects.ts'
export type { FeedChange } from './publisher.ts'
export type { Query } from './query.ts'
export type { Table, WatchQuery } from './table.ts'
export type { EndReason, FrameSink, Watch } from './watch.ts'

export interface MirrorOptions {
  clock: Clock
  /** How many changes a kind remembers for watchers that resume. */
  ringSize?: number
  /**
   * The cap on what is held back for a watcher that does not keep up, in bytes of frames; it also bounds the JSON of the
   * changes that a kind remembers. 8 MiB by default.
   */
  maxBacklogBytes?: number
  /**
   * Gets what a listener, filter, format or sink throws: a fault of the program, which ends that watch and nothing else.
   * Must not throw. A process warning by default.
   */
  onError?: (error: unknown) => void
}

export interface KindCounts {
  kind: string
  objects: number
  /** Watches that are open. */
  watchers: number
  /** Watches ended so far because they did not keep up. */
  dropped: number
}

/** The live objects by kind, with one resourceVersion over all of them. */
export interface Mirror {
  /**
   * Makes the table of a kind; each kind once. `key` gives the name that is unique within the kind (default: the
   * object's name), such as `<cluster>/<namespace>/<name>`.
   */
  table<T extends MirrorObject>(kind: string, options?: { key?: (object: Unversioned<T>) => string }): Table<T>
  /**
   * Ends all watches of a viewer whose role has changed or who is gone: each gets an ERROR event (410) and has to start
   * anew, with the credential checked anew.
   */
  revise(viewerName: string): void
  counts(): KindCounts[]
}

export function createMirror(options: MirrorOptions): Mirror {
  const { clock, ringSize = 4096, maxBacklogBytes = 8 * 1024 * 1024, onError = warn } = options
  const versions = createVersions(clock)
  const controls = new Map<string, TableControl>()
  return {
    table: <T extends MirrorObject>(
      kind: string,
      { key = nameOf }: { key?: (object: Unversioned<T>) => string } = {},
    ) => {
      if (controls.has(kind)) throw new Error(`the mirror has a table of ${kind} already`)
      const { table, control } = createTable<T>({ kind, key, versions, clock, ringSize, maxBacklogBytes, onError })
      controls.set(kind, control)
      return table
    },
    revise: viewerName => {
      for (const control of controls.values()) control.revise(viewerName)
    },
    counts: () => [...controls].map(([kind, control]) => ({ kind, ...control.counts() })),
  }
}

function nameOf(object: Pick<MirrorObject, 'name'>): string {
  return object.name
}

function warn(error: unknown) {
  process.emitWarning(error instanceof Error ? error : String(error))
}
