/** Runs `act` on every item, at most `limit` at a time. Rejects with the first error, once what was begun has ended. */
export async function forEachLimit<T>(items: T[], limit: number, act: (item: T) => Promise<void>): Promise<void> {
  const left = items.values()
  let failed = false
  const worker = async () => {
    for (const item of left) {
      if (failed) return
      try {
        await act(item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker))
  const rejected = ends.find(end => end.status === 'rejected')
  if (rejected) throw rejected.reason
}
