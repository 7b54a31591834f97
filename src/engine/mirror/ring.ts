import type { Change } from './change.ts'

/** The latest changes of a kind, oldest first. */
export interface Ring<T> {
  append(change: Change<T>): void
  /** The changes after that version; undefined when some of them are no longer here. */
  since(version: number): Change<T>[] | undefined
}

/** Keeps at most `size` changes and `maxBytes` of their JSON. Nothing changed up to `floor`. */
export function createRing<T>(options: { size: number; maxBytes: number; floor: number }): Ring<T> {
  const { size, maxBytes } = options
  let { floor } = options
  let changes: (Change<T> | undefined)[] = []
  let start = 0
  let bytes = 0

  function dropOldest() {
    const oldest = changes[start]
    if (!oldest) return
    changes[start] = undefined
    start += 1
    floor = oldest.version
    bytes -= bytesOf(oldest)
    if (start > size) {
      changes = changes.slice(start)
      start = 0
    }
  }

  function indexAfter(version: number): number {
    let low = start
    let high = changes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const change = changes[middle]
      if (change && change.version <= version) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    append: change => {
      changes.push(change)
      bytes += bytesOf(change)
      while (changes.length > start && (changes.length - start > size || bytes > maxBytes)) dropOldest()
    },
    since: version => {
      if (version < floor) return undefined
      return changes.slice(indexAfter(version)).filter(change => change !== undefined)
    },
  }
}

function bytesOf(change: Change<unknown>): number {
  return (change.current ?? change.previous)?.json.length ?? 0
}
