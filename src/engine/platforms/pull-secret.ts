import type { SecretBox } from '../refs/secrets.ts'
import type { ComponentRef } from './components.ts'
import type { PlatformRow } from './queries/platforms.ts'

/**
 * The `.dockerconfigjson` for a system's images, from the pull secret that the platform has for it: base64 of
 * `user:password`, as the fox CLI sends it, or a bare token. Undefined where there is none.
 */
export async function pullSecretOf(
  { name, systems }: Pick<PlatformRow, 'name' | 'systems'>,
  system: string,
  components: Pick<ComponentRef, 'image'>[],
  box: SecretBox,
): Promise<string | undefined> {
  const sealed = systems[system]
  if (!sealed) return undefined
  const secret = await box.openPull(name, system, sealed)
  const decoded = Buffer.from(secret, 'base64').toString('utf8')
  const auth = decoded.includes(':') ? secret : Buffer.from(`kubefox:${secret}`).toString('base64')
  const registries = [...new Set(components.map(({ image }) => registryOf(image)))].sort()
  return JSON.stringify({ auths: Object.fromEntries(registries.map(registry => [registry, { auth }])) })
}

/** The registry of an image: what is before the first `/`, where that is a host; else Docker Hub. */
function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/')
  return rest.length > 0 && /[.:]|^localhost$/.test(first) ? first : 'https://index.docker.io/v1/'
}
