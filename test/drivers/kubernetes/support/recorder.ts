/** Collects what happens in order and lets a test wait for it. */
export interface Recorder<T> {
  readonly all: readonly T[]
  push(item: T): void
  /** The next item that was not taken yet. */
  next(): Promise<T>
  /** Items that nobody took, now. */
  pending(): T[]
}

export function createRecorder<T>(): Recorder<T> {
  const all: T[] = []
  let onPush = Promise.withResolvers<void>()
  let taken = 0
  return {
    all,
    push(item) {
      all.push(item)
      onPush.resolve()
      onPush = Promise.withResolvers()
    },
    async next() {
      for (;;) {
        const item = all[taken]
        if (item !== undefined) {
          taken += 1
          return item
        }
        await onPush.promise
      }
    },
    pending: () => all.slice(taken),
  }
}
