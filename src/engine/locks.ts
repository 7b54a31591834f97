export interface KeyedLocks {
  /** Runs work when all that was asked for the same key before has ended. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>
}

export function createKeyedLocks(): KeyedLocks {
  const last = new Map<string, Promise<unknown>>()
  return {
    async run(key, work) {
      const previous = last.get(key)
      const mine = (previous ?? Promise.resolve()).catch(() => undefined).then(work)
      last.set(key, mine)
      try {
        return await mine
      } finally {
        if (last.get(key) === mine) last.delete(key)
      }
    },
  }
}
