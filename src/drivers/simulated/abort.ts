/** One end for very many waits: a single AbortSignal takes longer for each listener the more it has. */
export interface AbortGroup {
  /** Whether it has ended; what is run from then on finds its signal aborted. */
  readonly aborted: boolean
  /** Runs work with a signal of its own, which aborts with the group's or the given one's reason. */
  run<T>(work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T>
  abort(reason?: unknown): void
}

export function createAbortGroup(): AbortGroup {
  const members = new Set<AbortController>()
  let end: { reason: unknown } | undefined
  return {
    get aborted() {
      return end !== undefined
    },
    async run(work, signal) {
      const member = new AbortController()
      if (end) member.abort(end.reason)
      members.add(member)
      try {
        return await work(signal ? AbortSignal.any([signal, member.signal]) : member.signal)
      } finally {
        members.delete(member)
      }
    },
    abort(reason) {
      end ??= { reason }
      for (const member of members) member.abort(reason)
    },
  }
}

/** Resolves as `work` does, or rejects with the signal's reason, whichever comes first. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Resolves once the signal aborts, and calls `then` at that very moment. */
export function untilAborted(signal: AbortSignal, then: () => void): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      then()
      resolve()
    }
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}
