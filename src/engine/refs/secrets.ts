import type { Sql } from 'postgres'
import { inBatches } from '../secrets/batches.ts'
import type { Keyring } from '../secrets/keyring.ts'
import type { SealedSource } from '../secrets/reseal.ts'
import type { Var } from './schema.ts'

/** What stands for a secret where it is not shown. */
export const redacted = '[redacted]'

export type Secrets = Record<string, Var>

const contextOf = (name: string, id: string) => `config/${name}/id/${id}`
/** What a pull secret is sealed for. */
export const pullSecretContext = (platform: string, system: string) => `platform/${platform}/system/${system}`

/** A config's secrets and a platform's pull secrets, sealed for what they belong to. */
export interface SecretBox {
  seal(config: { name: string; id: string }, secrets: Secrets): Promise<string>
  open(config: { name: string; id: string }, sealed: string): Promise<Secrets>
  sealPull(platform: string, system: string, secret: string): Promise<string>
  openPull(platform: string, system: string, sealed: string): Promise<string>
}

export function createSecretBox({ keyring }: { keyring: Keyring }): SecretBox {
  return {
    seal: ({ name, id }, secrets) => keyring.seal(JSON.stringify(secrets), contextOf(name, id)),
    async open({ name, id }, sealed) {
      const secrets: Secrets = JSON.parse(await keyring.open(sealed, contextOf(name, id)))
      return secrets
    },
    sealPull: (platform, system, secret) => keyring.seal(secret, pullSecretContext(platform, system)),
    openPull: (platform, system, sealed) => keyring.open(sealed, pullSecretContext(platform, system)),
  }
}

/** Configs' secrets. */
export const sealedConfigs = (sql: Sql): SealedSource =>
  async function* (most) {
    const batches = inBatches<{ name: string; id: string; secrets: string }>(
      after => sql`
        select name, id, secrets from kubefox_instances
        where kind = 'config' and secrets is not null and (name, id) > (${after?.name ?? ''}, ${after?.id ?? ''})
        order by name, id limit ${most}`,
    )
    for await (const rows of batches)
      yield rows.map(({ name, id, secrets }) => ({
        context: contextOf(name, id),
        sealed: secrets,
        replace: (fresh: string) => sql`
          update kubefox_instances set secrets = ${fresh}
          where kind = 'config' and name = ${name} and id = ${id} and secrets = ${secrets}`,
      }))
  }
