import { createHash } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { parseReference } from '../../drivers/registry/reference.ts'
import { type ImageReference, type Registry, type RegistryCredentials, RegistryError } from '../../drivers/registry.ts'
import { GatewayError } from '../../errors.ts'
import type { Log } from '../../log.ts'

export interface ImageCheckOptions {
  registry: Registry
  clock: Clock
  log: Log
}

/** Finds out whether an image is there to be pulled. */
export interface ImageCheck {
  /**
   * Asks the image's registry, at most once a minute for one image and credential. False also when the registry denies it
   * or may not be asked. Errors: InvalidRequest for what is no reference, BadGateway when the registry gives no usable
   * answer in time.
   */
  exists(image: string, credentials: RegistryCredentials | undefined): Promise<boolean>
}

const keptMs = 60_000
const mostKept = 1000

export function createImageCheck({ registry, clock, log }: ImageCheckOptions): ImageCheck {
  const kept = new Map<string, { at: number; answer: Promise<boolean> }>()

  async function ask(reference: ImageReference, credentials: RegistryCredentials | undefined): Promise<boolean> {
    try {
      return (await registry.manifest(reference, credentials ? { credentials } : {})) !== undefined
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error
      log.info({ reason: error.message, code: error.code }, 'an image could not be checked')
      // Whoever asks need not know which names lead to private addresses.
      if (error.code !== 'RegistryUnavailable') return false
      throw new GatewayError('BadGateway', `the registry ${reference.host} does not answer`, { cause: error })
    }
  }

  return {
    async exists(image, credentials) {
      const reference = parseReference(image)
      if (!reference) throw new GatewayError('InvalidRequest', `${JSON.stringify(image)} is not an image reference`)
      const now = clock.now()
      const key = keyOf(reference, credentials)
      const known = kept.get(key)
      if (known && now - known.at < keptMs) return known.answer
      const answer = ask(reference, credentials)
      kept.delete(key)
      kept.set(key, { at: now, answer })
      answer.catch(() => kept.delete(key))
      // The oldest are first.
      for (const [oldest, { at }] of kept) {
        if (kept.size <= mostKept && now - at < keptMs) break
        kept.delete(oldest)
      }
      return answer
    },
  }
}

/** Whether a text is a reference to an image: `[host[:port]/]repository[:tag][@digest]`. */
export function isImageName(text: string): boolean {
  return parseReference(text) !== undefined
}

function keyOf(reference: ImageReference, credentials: RegistryCredentials | undefined): string {
  const { host, repository, tag, digest } = reference
  return createHash('sha256')
    .update(JSON.stringify([host, repository, tag, digest, credentials?.username, credentials?.password]))
    .digest('base64')
}
