import { GatewayError } from '../../errors.ts'
import { decodeContinue, encodeContinue } from './continue.ts'
import type { Entry } from './entry.ts'
import type { MirrorObject } from './objects.ts'
import { isUnfiltered, matcherOf, type Query } from './query.ts'
import type { SortedEntries } from './sorted.ts'
import type { StaleMetadata, Staleness } from './staleness.ts'
import type { Versions } from './versions.ts'

export interface ListQuery<T> extends Query<T> {
  /** At most so many objects; 0 and undefined: all. */
  limit?: number | undefined
  /** Only objects whose key begins with this and a slash: a part of the table that may be stale on its own. */
  scope?: string | undefined
  /** The token of the page before. The rest of the query must be the same; an empty one counts as none. */
  continue?: string | undefined
}

/** On pages after the first, the resourceVersion is the first page's. */
export interface ListMetadata extends StaleMetadata {
  resourceVersion: string
  continue?: string
}

export interface ListAnswer<T> extends ListMetadata {
  items: readonly Readonly<T>[]
}

/** What a list is made from. */
export interface ListSource<T> {
  readonly entries: SortedEntries<T>
  readonly versions: Versions
  /** The version of the kind's last change. */
  version(): number
  staleness: Pick<Staleness, 'of'>
  /** Calls it once the present turn's work is done. */
  soon(work: () => void): void
}

export interface Lister<T> {
  list(query: ListQuery<T>): ListAnswer<T>
  listText(query: ListQuery<T>): Buffer
  /** The source has changed: forgets what was made of it, and makes anew what was being read. */
  invalidate(): void
}

interface Page<T> {
  entries: readonly Entry<T>[]
  metadata: ListMetadata
  /** Made when first asked for. */
  items?: readonly Readonly<T>[]
  text?: Buffer
}

/** A page of everything that a viewer sees. */
interface Whole<T> extends Page<T> {
  query: Pick<ListQuery<T>, 'viewer' | 'scope'>
  /** Somebody has asked for its text. */
  read: boolean
}

/**
 * Lists that are neither filtered nor paged are made once per viewer class and scope until the source changes. Then
 * those whose texts were read are made anew, once for all the changes of a turn and before anybody asks; one that
 * nobody has read since is not made again.
 */
export function createLister<T extends MirrorObject>(source: ListSource<T>): Lister<T> {
  const wholes = new Map<string, Whole<T>>()
  const wanted = new Map<string, Whole<T>['query']>()

  function pageOf(query: ListQuery<T>): Page<T> | Whole<T> {
    const limit = limitOf(query.limit)
    if (!isUnfiltered(query) || limit < Number.POSITIVE_INFINITY || query.continue)
      return makePage(source, query, limit)
    return wholeOf(classOf(query), query)
  }

  function wholeOf(viewerClass: string, { viewer, scope }: Whole<T>['query']): Whole<T> {
    let whole = wholes.get(viewerClass)
    if (!whole) {
      const query = { viewer, scope }
      whole = { ...makePage(source, query, Number.POSITIVE_INFINITY), query, read: false }
      wholes.set(viewerClass, whole)
    }
    return whole
  }

  function makeWanted() {
    for (const [viewerClass, query] of wanted) {
      const whole = wholeOf(viewerClass, query)
      whole.text ??= joinText(whole.entries, whole.metadata)
    }
    wanted.clear()
  }

  return {
    list: query => {
      const page = pageOf(query)
      page.items ??= Object.freeze(page.entries.map(entry => entry.object))
      return { items: page.items, ...page.metadata }
    },
    listText: query => {
      const page = pageOf(query)
      page.text ??= joinText(page.entries, page.metadata)
      if ('read' in page) page.read = true
      return page.text
    },
    invalidate: () => {
      const idle = wanted.size === 0
      for (const [viewerClass, { read, query }] of wholes) if (read) wanted.set(viewerClass, query)
      wholes.clear()
      if (idle && wanted.size > 0) source.soon(makeWanted)
    },
  }
}

function classOf({ viewer, scope = '' }: Pick<ListQuery<never>, 'viewer' | 'scope'>): string {
  return `${scope}/${viewer.admin ? 'admin' : `user ${viewer.name}`}`
}

function makePage<T extends MirrorObject>(source: ListSource<T>, query: ListQuery<T>, limit: number): Page<T> {
  const continuation = query.continue ? decodeContinue(query.continue, source.versions) : undefined
  const matches = matcherOf(query)
  const { all, indexAfter } = source.entries
  const prefix = query.scope === undefined ? '' : `${query.scope}/`
  const entries: Entry<T>[] = []
  let more = false
  for (let index = indexAfter(continuation?.after ?? prefix); index < all.length && !more; index += 1) {
    const entry = all[index]
    if (!entry?.key.startsWith(prefix)) break
    if (!matches(entry.object)) continue
    if (entries.length < limit) entries.push(entry)
    else more = true
  }
  const version = continuation?.version ?? source.version()
  const after = entries.at(-1)?.key
  return {
    entries,
    metadata: {
      resourceVersion: String(version),
      ...(more && after !== undefined ? { continue: encodeContinue({ version, after }) } : {}),
      ...source.staleness.of(query.viewer, query.scope),
    },
  }
}

function limitOf(limit: number | undefined): number {
  if (limit === undefined || limit === 0) return Number.POSITIVE_INFINITY
  if (Number.isSafeInteger(limit) && limit > 0) return limit
  throw new GatewayError('InvalidRequest', 'The limit must be a whole number from 0.', {
    faults: [{ where: '/query/limit', what: 'must be a whole number from 0' }],
  })
}

const comma = 0x2c

function joinText(entries: readonly Entry<unknown>[], metadata: ListMetadata): Buffer {
  const head = Buffer.from('{"items":[')
  const tail = Buffer.from(`],"metadata":${JSON.stringify(metadata)}}`)
  let length = head.length + tail.length + Math.max(0, entries.length - 1)
  for (const { json } of entries) length += json.length
  const text = Buffer.allocUnsafeSlow(length)
  let at = head.copy(text)
  for (const [index, { json }] of entries.entries()) {
    if (index > 0) {
      text[at] = comma
      at += 1
    }
    at += json.copy(text, at)
  }
  tail.copy(text, at)
  return text
}
