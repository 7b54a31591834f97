/** Wakes those who wait for a condition whenever it may have come true. */
export interface Signal {
  fire(): void
  /** Resolves when the condition holds; rejects with what it throws, or with the signal's reason when that aborts first. */
  until(holds: () => boolean, signal: AbortSignal): Promise<void>
}

export function createSignal(): Signal {
  const waiting = new Set<() => void>()
  return {
    fire() {
      for (const look of [...waiting]) look()
    },
    until: (holds, signal) =>
      new Promise((resolve, reject) => {
        const end = () => {
          waiting.delete(look)
          signal.removeEventListener('abort', abort)
        }
        const look = () => {
          try {
            if (!holds()) return
            resolve()
          } catch (error) {
            reject(error)
          }
          end()
        }
        const abort = () => {
          end()
          reject(signal.reason)
        }
        if (signal.aborted) return reject(signal.reason)
        waiting.add(look)
        signal.addEventListener('abort', abort, { once: true })
        look()
      }),
  }
}
