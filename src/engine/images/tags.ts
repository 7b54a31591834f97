import type { Clock } from '../../clock.ts'
import { startDeadline, unlessAborted } from '../../deadline.ts'
import { parseReference } from '../../drivers/registry/reference.ts'
import { type Registry, type RegistryCredentials, RegistryError } from '../../drivers/registry.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'

export interface TagCacheOptions {
  registry: Registry
  /** By the registry's host, as in a reference's full form. */
  credentials: ReadonlyMap<string, RegistryCredentials>
  clock: Clock
  /** Ends what is under way. */
  signal: AbortSignal
  log: Log
}

/** The tags that repositories have in their registries. */
export interface TagCache {
  /**
   * Empty where there is no such repository; undefined when its registry gives no usable answer within 5 s. Never rejects.
   * An answer serves for 5 minutes, the lack of one for 30 s; whoever asks in the meantime waits for the same answer.
   */
  of(repository: string): Promise<string[] | undefined>
}

const timeoutMs = 5000
const keptMs = 5 * 60_000
const failureKeptMs = 30_000

export function createTagCache({ registry, credentials, clock, signal, log }: TagCacheOptions): TagCache {
  const kept = new Map<string, { until: number; tags: Promise<string[] | undefined> }>()

  async function ask(repository: string): Promise<string[] | undefined> {
    const reference = parseReference(repository)
    if (!reference) return []
    const known = credentials.get(reference.host)
    const expired = () => new RegistryError('RegistryUnavailable', `no answer within ${timeoutMs / 1000} s`)
    const deadline = startDeadline({ clock, timeoutMs, expired, signal })
    try {
      const options = { signal: deadline.signal, ...(known ? { credentials: known } : {}) }
      return (await unlessAborted(registry.tags(reference, options), deadline.signal)) ?? []
    } catch (error) {
      log.info({ repository, reason: messageOf(error) }, 'the tags of a repository could not be read')
      return undefined
    } finally {
      deadline.end()
    }
  }

  return {
    of(repository) {
      const known = kept.get(repository)
      if (known && clock.now() < known.until) return known.tags
      // Nobody asks a second time before the first answer has come.
      const entry = { until: Number.POSITIVE_INFINITY, tags: ask(repository) }
      kept.set(repository, entry)
      entry.tags.then(tags => {
        entry.until = clock.now() + (tags ? keptMs : failureKeptMs)
      })
      return entry.tags
    },
  }
}
