import type { Clock } from '../../clock.ts'
import { GatewayError } from '../../errors.ts'
import { addedEvent, type Change, createChange, frameOf, typeFor } from './change.ts'
import { createEntry, type Entry, hasText, headOf, parseHead, sameContent } from './entry.ts'
import { bookmarkEvent } from './events.ts'
import type { WatchFormat } from './formats.ts'
import { createLister, type ListAnswer, type ListQuery } from './list.ts'
import { type MirrorObject, mayView, type Unversioned, type Viewer } from './objects.ts'
import { createPublisher, type FeedChange } from './publisher.ts'
import { matcherOf, type Query } from './query.ts'
import { createRing } from './ring.ts'
import { createSortedEntries } from './sorted.ts'
import { createStaleness, type TablePart } from './staleness.ts'
import { parseResourceVersion, type Versions } from './versions.ts'
import { createSubscriber, type Subscriber, type Watch } from './watch.ts'

export interface WatchQuery<T> extends Query<T> {
  /** Resume after this version; without one (or with `0`) the watch starts with the state as ADDED events. */
  resourceVersion?: string | undefined
  /** Ends the watch. */
  signal: AbortSignal
  format: WatchFormat<T>
  /** A BOOKMARK so often while the watcher keeps up; none by default. */
  bookmarkIntervalMs?: number | undefined
}

/**
 * The live objects of one kind. Objects are frozen copies, shared by all who read them. Everything is synchronous: who
 * reads after a change sees it.
 */
export interface Table<T extends MirrorObject> {
  readonly kind: string
  /**
   * Puts an object in and returns it as it now is. One that is deeply equal (as JSON) to what is there changes nothing.
   * Another object with the same key goes: keys are unique.
   */
  apply(object: Unversioned<T>): Readonly<T>
  /** False when there is none. */
  remove(id: string): boolean
  /**
   * Shows an object no longer, and tells no watcher or listener: it exists still, elsewhere. For tables that are a
   * window on a log.
   */
  forget(id: string): void
  /**
   * Makes the objects all there is, or all there is of those that `within` holds for; only real differences are
   * changes. Of several with one id or key the last counts.
   */
  replace(objects: Iterable<Unversioned<T>>, scope?: { within?: (object: Readonly<T>) => boolean }): void
  /** With a viewer: undefined also when they may not see it. Without: for the engine's own use. */
  get(id: string, viewer?: Viewer): Readonly<T> | undefined
  /** As `get`, by the table's key: the name unless the table was made with another. */
  byName(key: string, viewer?: Viewer): Readonly<T> | undefined
  /** A live object's JSON text, UTF-8: shared bytes, not to be written into. */
  text(id: string, viewer?: Viewer): Buffer | undefined
  /** Sorted by key. Pages are cut by key: nothing that exists throughout is skipped or doubled. */
  list(query: ListQuery<T>): ListAnswer<T>
  /** `{"items":[…],"metadata":{…}}` in UTF-8: shared bytes, not to be written into. */
  listText(query: ListQuery<T>): Buffer
  /**
   * Every later change of what the query asks for, exactly once and in order; see WatchQuery for how it starts. The
   * initial ADDED events come in the order of their versions, so that a watch can be resumed from any event, and end
   * with a BOOKMARK.
   * @throws {GatewayError} Expired when changes since the resourceVersion are no longer known; InvalidRequest.
   */
  watch(query: WatchQuery<T>): Watch
  /**
   * Calls the listener on every later change, in order, before `apply`, `remove` or `replace` returns; when called from
   * within a listener or a sink, soon after it returns. Returns what ends it.
   */
  subscribe(listener: (change: FeedChange<T>) => void): () => void
  /**
   * From now on lists say that they show what was last seen, and since when (milliseconds since the epoch). While stale
   * already, the first `since` stays. With a part: lists of that part, and those of everything to viewers who may see it.
   */
  markStale(reason: string, since: number, part?: TablePart): void
  markFresh(scope?: string): void
}

/** What the mirror itself asks of its tables. */
export interface TableControl {
  revise(viewerName: string): void
  counts(): { objects: number; watchers: number; dropped: number }
}

export interface TableOptions<T extends MirrorObject> {
  kind: string
  key: (object: Unversioned<T>) => string
  versions: Versions
  clock: Clock
  ringSize: number
  maxBacklogBytes: number
  onError(error: unknown): void
}

export function createTable<T extends MirrorObject>(
  options: TableOptions<T>,
): { table: Table<T>; control: TableControl } {
  const { kind, versions, clock, maxBacklogBytes, onError } = options
  const byId = new Map<string, Entry<T>>()
  const entries = createSortedEntries<T>()
  const ring = createRing<T>({ size: options.ringSize, maxBytes: maxBacklogBytes, floor: versions.first })
  const publisher = createPublisher<T>(onError)
  let version = versions.first
  const staleness = createStaleness()
  const lister = createLister<T>({
    entries,
    versions,
    version: () => version,
    staleness,
    soon: setImmediate,
  })

  function commit(of: Omit<Change<T>, 'encoded'>) {
    const { previous, current } = of
    if (previous && previous.key !== current?.key) entries.delete(previous.key)
    if (current) {
      entries.set(current)
      byId.set(current.object.id, current)
    } else if (previous) byId.delete(previous.object.id)
    version = of.version
    const change = createChange(of)
    ring.append(change)
    lister.invalidate()
    publisher.publish(change)
  }

  function removeEntry(previous: Entry<T>) {
    commit({ version: versions.next(), previous, current: undefined })
  }

  function apply(object: Unversioned<T>): Readonly<T> {
    const key = options.key(object)
    const head = headOf(object)
    const known = byId.get(object.id)
    if (known && hasText(known, head)) return known.object
    const content = parseHead<T>(head)
    if (known && sameContent(known.object, content)) return known.object
    const holder = entries.find(key)
    if (holder && holder.object.id !== object.id) removeEntry(holder)
    const current = createEntry({ key, head, content, version: versions.next() })
    commit({ version: current.version, previous: byId.get(object.id), current })
    return current.object
  }

  function remove(id: string): boolean {
    const known = byId.get(id)
    if (known) removeEntry(known)
    return known !== undefined
  }

  function forget(id: string): void {
    const known = byId.get(id)
    if (!known) return
    entries.delete(known.key)
    byId.delete(id)
    lister.invalidate()
  }

  function replace(objects: Iterable<Unversioned<T>>, { within }: { within?: (object: Readonly<T>) => boolean } = {}) {
    const byKey = new Map<string, Unversioned<T>>()
    for (const object of objects) byKey.set(options.key(object), object)
    const wanted = new Map<string, Unversioned<T>>()
    for (const object of byKey.values()) wanted.set(object.id, object)
    for (const { object } of [...entries.all]) {
      if (!wanted.has(object.id) && (within === undefined || within(object))) remove(object.id)
    }
    for (const object of wanted.values()) apply(object)
  }

  function visible(entry: Entry<T> | undefined, viewer: Viewer | undefined): Entry<T> | undefined {
    return entry && (viewer === undefined || mayView(viewer, entry.object)) ? entry : undefined
  }

  function historyOf(query: WatchQuery<T>, matches: (object: Readonly<T>) => boolean): Iterator<Buffer> {
    const from = parseResourceVersion(query.resourceVersion)
    if (from === undefined) {
      const matching = entries.all.filter(entry => matches(entry.object)).sort((a, b) => a.version - b.version)
      return stateFrames(matching, version, query.format)
    }
    const changes = from > versions.current() ? undefined : ring.since(from)
    if (!changes) {
      throw new GatewayError('Expired', `The resourceVersion ${from} is too old: list again and watch from there.`, {
        faults: [{ where: '/query/resourceVersion', what: 'is of an earlier process or too many changes ago' }],
      })
    }
    const concerned = changes.filter(change => typeFor(change, matches) !== undefined)
    return changeFrames(concerned, matches, query.format)
  }

  function watch(query: WatchQuery<T>): Watch {
    const matches = matcherOf(query)
    const subscriber: Subscriber<T> = createSubscriber({
      viewerName: query.viewer.name,
      matches,
      format: query.format,
      history: historyOf(query, matches),
      position: version,
      signal: query.signal,
      clock,
      bookmarkIntervalMs: query.bookmarkIntervalMs,
      maxBacklogBytes,
      onEnd: reason => publisher.remove(subscriber, reason),
      onError,
    })
    publisher.add(subscriber)
    if (query.signal.aborted) subscriber.close()
    return subscriber
  }

  const table: Table<T> = {
    kind,
    apply,
    remove,
    forget,
    replace,
    get: (id, viewer) => visible(byId.get(id), viewer)?.object,
    byName: (key, viewer) => visible(entries.find(key), viewer)?.object,
    text: (id, viewer) => visible(byId.get(id), viewer)?.json,
    list: lister.list,
    listText: lister.listText,
    watch,
    subscribe: listener => publisher.subscribe(listener, version),
    markStale: (reason, since, part) => {
      staleness.mark(reason, since, part)
      lister.invalidate()
    },
    markFresh: scope => {
      if (staleness.clear(scope)) lister.invalidate()
    },
  }
  return {
    table,
    control: { revise: publisher.revise, counts: () => ({ objects: byId.size, ...publisher.counts() }) },
  }
}

function* stateFrames<T extends MirrorObject>(
  entries: Entry<T>[],
  version: number,
  format: WatchFormat<T>,
): Generator<Buffer, undefined> {
  for (const entry of entries) yield format.encode(addedEvent(entry))
  yield format.encode(bookmarkEvent(version, { initialEventsEnd: true }))
}

function* changeFrames<T extends MirrorObject>(
  changes: Change<T>[],
  matches: (object: Readonly<T>) => boolean,
  format: WatchFormat<T>,
): Generator<Buffer, undefined> {
  for (const change of changes) {
    const type = typeFor(change, matches)
    if (type) yield frameOf(change, type, format)
  }
}
