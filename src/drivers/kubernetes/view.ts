import { type Bounds, requireWithin, weightOf } from './bounds.ts'
import type { Listing } from './listing.ts'
import { type KubernetesObject, keyOf } from './objects.ts'
import type { WatchEvent } from './watch.ts'

/**
 * Hears of a collection. Calls come one at a time; a returned promise is waited for before anything more is read. An
 * observer that throws is told `down` and then the whole state again.
 */
export interface ReflectorObserver<T> {
  /** Everything there is, at first and after each `down`; what is not among it is gone. */
  synced(items: T[]): unknown
  changed(item: T): unknown
  /** `name`, or `namespace/name` where objects live in namespaces. */
  gone(key: string): unknown
  /**
   * The API server cannot be watched; what was reported is stale. Called again when the reason changes. `answers`: it is
   * there, and does not let this collection be followed.
   */
  down(reason: string, answers?: boolean): unknown
}

/** What the observer was told so far; turns lists and events into the calls that are still missing. */
export interface View<T> {
  /** The version that the view is at; a watch goes on from here. */
  resourceVersion(): string
  /** What is kept of an object; the same as before where it has not changed. */
  entryOf(object: KubernetesObject): Entry<T>
  replace(listing: Listing<Entry<T>>): Promise<void>
  /** Rejects with TransportError `too-large` when that would be more than the bounds allow. */
  apply(event: WatchEvent): Promise<void>
  down(reason: string, answers: boolean): Promise<void>
}

export interface Entry<T> {
  /** `name`, or `namespace/name`. */
  key: string
  uid: string
  resourceVersion: string
  item: T
  /** Bytes, roughly. */
  weight: number
}

export interface ViewOptions<T> {
  /** The collection: `/api/v1/nodes`. */
  path: string
  map(object: KubernetesObject): T
  observer: ReflectorObserver<T>
  bounds: Bounds
  /** The observer hears nothing once this has aborted. */
  signal: AbortSignal
}

export function createView<T>({ path, map, observer, bounds, signal }: ViewOptions<T>): View<T> {
  let known = new Map<string, Entry<T>>()
  let bytes = 0
  let version = ''
  let stale = true
  let reasonTold: string | undefined

  function entryOf(object: KubernetesObject): Entry<T> {
    const key = keyOf(object)
    const { uid, resourceVersion } = object.metadata
    const before = known.get(key)
    if (before?.uid === uid && before.resourceVersion === resourceVersion) return before
    const item = map(object)
    return { key, uid, resourceVersion, item, weight: weightOf(item) + weightOf([key, uid, resourceVersion]) }
  }

  async function remove(key: string): Promise<void> {
    const entry = known.get(key)
    if (!entry) return
    known.delete(key)
    bytes -= entry.weight
    await gone(key)
  }

  async function gone(key: string): Promise<void> {
    signal.throwIfAborted()
    await observer.gone(key)
  }

  /** An object that was deleted and made again under its name is another object. */
  async function put(entry: Entry<T>): Promise<void> {
    const before = known.get(entry.key)
    if (before === entry) return
    known.set(entry.key, entry)
    bytes += entry.weight - (before?.weight ?? 0)
    if (before && before.uid !== entry.uid) await gone(entry.key)
    signal.throwIfAborted()
    await observer.changed(entry.item)
  }

  function requireRoom(entry: Entry<T>): void {
    const before = known.get(entry.key)
    requireWithin(bounds, path, {
      objects: known.size + (before ? 0 : 1),
      bytes: bytes + entry.weight - (before?.weight ?? 0),
    })
  }

  async function synced({ items }: Listing<Entry<T>>): Promise<void> {
    known = new Map(items.map(entry => [entry.key, entry]))
    bytes = [...known.values()].reduce((sum, { weight }) => sum + weight, 0)
    signal.throwIfAborted()
    await observer.synced([...known.values()].map(entry => entry.item))
    stale = false
    reasonTold = undefined
  }

  async function tellDifferences({ items }: Listing<Entry<T>>): Promise<void> {
    const present = new Set(items.map(({ key }) => key))
    for (const key of [...known.keys()].filter(key => !present.has(key))) await remove(key)
    for (const entry of items) await put(entry)
  }

  return {
    resourceVersion: () => version,
    entryOf,
    async replace(listing) {
      await (stale ? synced(listing) : tellDifferences(listing))
      version = listing.resourceVersion
    },
    async apply(event) {
      if (event.type === 'BOOKMARK') {
        version = event.resourceVersion
        return
      }
      if (event.type === 'DELETED') await remove(keyOf(event.object))
      else {
        const entry = entryOf(event.object)
        requireRoom(entry)
        await put(entry)
      }
      version = event.object.metadata.resourceVersion
    },
    async down(reason, answers) {
      stale = true
      if (signal.aborted || reason === reasonTold) return
      reasonTold = reason
      await observer.down(reason, answers)
    },
  }
}
