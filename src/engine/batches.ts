export interface Batches<T> {
  /** Resolves when the item has been worked on, or rejects as that did. Nobody has to wait. */
  add(item: T): Promise<void>
  /** Resolves when all that was added so far has been worked on, well or not. */
  settled(): Promise<void>
}

/** Works on one batch at a time, in order: what is added meanwhile goes into the next one, together. */
export function createBatches<T>(work: (items: T[]) => Promise<void>): Batches<T> {
  let last: Promise<void> = Promise.resolve()
  let gathering: { items: T[]; done: Promise<void> } | undefined

  function gather(): { items: T[]; done: Promise<void> } {
    const items: T[] = []
    const done = last
      .catch(() => undefined)
      .then(() => {
        gathering = undefined
        return work(items)
      })
    done.catch(() => undefined)
    last = done
    gathering = { items, done }
    return gathering
  }

  return {
    add(item) {
      const batch = gathering ?? gather()
      batch.items.push(item)
      return batch.done
    },
    settled: () => last.catch(() => undefined),
  }
}
