import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { type Keyring, SealError } from './keyring.ts'

/** A sealed text where it is kept. */
export interface SealedText {
  /** What it was sealed for. */
  context: string
  sealed: string
  /** Puts another text in its place; leaves alone what has been changed meanwhile. */
  replace(fresh: string): Promise<unknown>
}

/** All sealed texts of one kind that the store has, in batches of at most `most` rows. */
export type SealedSource = (most: number) => AsyncIterable<SealedText[]>

export interface ResealerOptions {
  keyring: Keyring
  sources: SealedSource[]
  clock: Clock
  log: Log
}

const batch = 100
/** Not soon: nothing waits for it. */
const retryMs = 10_000

/**
 * Seals with the newest key what an older one has sealed, so that the older one need not be listed any more. Texts are
 * replaced one by one, and what is current is passed over: it may end anywhere and be run again. A text that no listed
 * key opens stays as it is. Tries again where the store fails; resolves when it has seen all, or the signal aborts.
 */
export async function reseal(options: ResealerOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options
  while (!signal.aborted) {
    try {
      return await pass(options, signal)
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'could not seal secrets with the newest key, and tries again later')
      await clock.sleep(retryMs, signal).catch(() => undefined)
    }
  }
}

async function pass({ keyring, sources, log }: ResealerOptions, signal: AbortSignal): Promise<void> {
  let resealed = 0
  let unreadable = 0
  for (const source of sources)
    for await (const texts of source(batch))
      for (const text of texts) {
        if (signal.aborted) return
        if (keyring.isCurrent(text.sealed)) continue
        const clear = await keyring.open(text.sealed, text.context).catch(error => {
          if (!(error instanceof SealError)) throw error
          log.warn({ of: text.context, reason: error.message }, 'a secret cannot be opened, and stays as it is')
          return undefined
        })
        if (clear === undefined) unreadable += 1
        else {
          await text.replace(await keyring.seal(clear, text.context))
          resealed += 1
        }
      }
  if (resealed + unreadable > 0)
    log.info({ resealed, unreadable }, 'secrets are sealed with the newest key; older keys need not be listed any more')
}
