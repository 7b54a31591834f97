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
  /** The API server cannot be watched; what was reported is stale. Called again when the reason changes. */
  down(reason: string): unknown
}

/** What the observer was told so far; turns lists and events into the calls that are still missing. */
export interface View {
  /** The version that the view is at; a watch goes on from here. */
  resourceVersion(): string
  replace(listing: Listing): Promise<void>
  apply(event: WatchEvent): Promise<void>
  down(reason: string): Promise<void>
}

interface Entry<T> {
  uid: string
  resourceVersion: string
  item: T
}

export interface ViewOptions<T> {
  map(object: KubernetesObject): T
  observer: ReflectorObserver<T>
  /** The observer hears nothing once this has aborted. */
  signal: AbortSignal
}

export function createView<T>({ map, observer, signal }: ViewOptions<T>): View {
  let known = new Map<string, Entry<T>>()
  let version = ''
  let stale = true
  let reasonTold: string | undefined

  const entryOf = (object: KubernetesObject): Entry<T> => ({
    uid: object.metadata.uid,
    resourceVersion: object.metadata.resourceVersion,
    item: map(object),
  })

  async function gone(key: string): Promise<void> {
    signal.throwIfAborted()
    await observer.gone(key)
  }

  async function changed(item: T): Promise<void> {
    signal.throwIfAborted()
    await observer.changed(item)
  }

  /** An object that was deleted and made again under its name is another object. */
  async function put(key: string, object: KubernetesObject): Promise<void> {
    const before = known.get(key)
    if (isSame(before, object)) return
    const entry = entryOf(object)
    known.set(key, entry)
    if (before && before.uid !== entry.uid) await gone(key)
    await changed(entry.item)
  }

  async function synced(listing: Listing): Promise<void> {
    const next = new Map<string, Entry<T>>()
    for (const object of listing.items) {
      const key = keyOf(object)
      const before = known.get(key)
      next.set(key, before && isSame(before, object) ? before : entryOf(object))
    }
    known = next
    signal.throwIfAborted()
    await observer.synced([...next.values()].map(entry => entry.item))
    stale = false
    reasonTold = undefined
  }

  async function tellDifferences(listing: Listing): Promise<void> {
    const present = new Set(listing.items.map(keyOf))
    for (const key of [...known.keys()].filter(key => !present.has(key))) {
      known.delete(key)
      await gone(key)
    }
    for (const object of listing.items) await put(keyOf(object), object)
  }

  return {
    resourceVersion: () => version,
    async replace(listing) {
      await (stale ? synced(listing) : tellDifferences(listing))
      version = listing.resourceVersion
    },
    async apply(event) {
      if (event.type === 'BOOKMARK') {
        version = event.resourceVersion
        return
      }
      const key = keyOf(event.object)
      if (event.type !== 'DELETED') await put(key, event.object)
      else if (known.delete(key)) await gone(key)
      version = event.object.metadata.resourceVersion
    },
    async down(reason) {
      stale = true
      if (signal.aborted || reason === reasonTold) return
      reasonTold = reason
      await observer.down(reason)
    },
  }
}

function isSame(before: { uid: string; resourceVersion: string } | undefined, object: KubernetesObject): boolean {
  return before?.uid === object.metadata.uid && before.resourceVersion === object.metadata.resourceVersion
}
