import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Store } from '../../store/postgres.ts'
import type { Keyring } from '../secrets/keyring.ts'
import type { Var } from './schema.ts'

/** What stands for a secret where it is not shown. */
export const redacted = '[redacted]'

export type Secrets = Record<string, Var>

const contextOf = (name: string, id: string) => `config/${name}/id/${id}`
const pullContextOf = (platform: string, system: string) => `platform/${platform}/system/${system}`

/** A config's secrets and a platform's pull secrets, sealed for what they belong to. */
export interface SecretBox {
  seal(config: { name: string; id: string }, secrets: Secrets): Promise<string>
  open(config: { name: string; id: string }, sealed: string): Promise<Secrets>
  sealPull(platform: string, system: string, secret: string): Promise<string>
  openPull(platform: string, system: string, sealed: string): Promise<string>
  /** Seals anew what was sealed with an older key; what cannot be opened stays as it is. */
  reseal(signal: AbortSignal): Promise<void>
}

export function createSecretBox(options: { keyring: Keyring; store: Store; log: Log }): SecretBox {
  const { keyring, store, log } = options

  /** The same text under the newest key, or undefined. */
  async function renewed(sealed: string, context: string): Promise<string | undefined> {
    if (keyring.isCurrent(sealed)) return undefined
    try {
      return await keyring.seal(await keyring.open(sealed, context), context)
    } catch (error) {
      log.warn({ of: context, reason: messageOf(error) }, 'a secret cannot be opened')
      return undefined
    }
  }

  async function resealConfigs(signal: AbortSignal): Promise<void> {
    const rows = await store.sql<{ name: string; id: string; secrets: string }[]>`
      select name, id, secrets from kubefox_instances where secrets is not null`
    for (const { name, id, secrets } of rows) {
      if (signal.aborted) return
      const fresh = await renewed(secrets, contextOf(name, id))
      if (fresh !== undefined)
        await store.sql`
          update kubefox_instances set secrets = ${fresh} where kind = 'config' and name = ${name} and id = ${id}`
    }
  }

  async function resealPlatforms(signal: AbortSignal): Promise<void> {
    const rows = await store.sql<{ name: string; systems: Record<string, string | null> }[]>`
      select name, systems from kubefox_platforms`
    for (const { name, systems } of rows) {
      for (const [system, sealed] of Object.entries(systems)) {
        if (signal.aborted) return
        const fresh = sealed === null ? undefined : await renewed(sealed, pullContextOf(name, system))
        if (fresh !== undefined && sealed !== null)
          // Only where nobody has changed it meanwhile.
          await store.sql`
            update kubefox_platforms set systems = jsonb_set(systems, array[${system}], to_jsonb(${fresh}::text))
            where name = ${name} and systems ->> ${system} = ${sealed}`
      }
    }
  }

  return {
    seal: ({ name, id }, secrets) => keyring.seal(JSON.stringify(secrets), contextOf(name, id)),
    async open({ name, id }, sealed) {
      const secrets: Secrets = JSON.parse(await keyring.open(sealed, contextOf(name, id)))
      return secrets
    },
    sealPull: (platform, system, secret) => keyring.seal(secret, pullContextOf(platform, system)),
    openPull: (platform, system, sealed) => keyring.open(sealed, pullContextOf(platform, system)),
    async reseal(signal) {
      await resealConfigs(signal)
      await resealPlatforms(signal)
    },
  }
}
