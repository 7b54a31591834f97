import type { Entry } from './entry.ts'

/** Entries in the order of their keys (by UTF-16 code units), each key once. */
export interface SortedEntries<T> {
  readonly all: readonly Entry<T>[]
  find(key: string): Entry<T> | undefined
  /** Puts the entry in, in place of one with the same key. */
  set(entry: Entry<T>): void
  delete(key: string): void
  /** The index of the first entry whose key is greater. */
  indexAfter(key: string): number
}

export function createSortedEntries<T>(): SortedEntries<T> {
  const all: Entry<T>[] = []

  function lowerBound(key: string): number {
    let low = 0
    let high = all.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const entry = all[middle]
      if (entry && entry.key < key) low = middle + 1
      else high = middle
    }
    return low
  }

  const holds = (index: number, key: string): boolean => all[index]?.key === key

  return {
    all,
    find: key => {
      const entry = all[lowerBound(key)]
      return entry?.key === key ? entry : undefined
    },
    set: entry => {
      const index = lowerBound(entry.key)
      all.splice(index, holds(index, entry.key) ? 1 : 0, entry)
    },
    delete: key => {
      const index = lowerBound(key)
      if (holds(index, key)) all.splice(index, 1)
    },
    indexAfter: key => {
      const index = lowerBound(key)
      return holds(index, key) ? index + 1 : index
    },
  }
}
