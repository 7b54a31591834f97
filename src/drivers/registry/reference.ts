import type { ImageReference } from '../registry.ts'

const name = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
const hostPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[0-9a-fA-F:.]{2,45}\\])(?::\\d{1,5})?$`)
const repositoryPattern = new RegExp(`^${name}(?:/${name})*$`)
const tagPattern = /^\w[\w.-]{0,127}$/
const digestPattern = /^sha256:[0-9a-f]{64}$/

/** What Docker Hub is called in references. */
const dockerHub = 'docker.io'
const dockerHubNames = [dockerHub, 'index.docker.io', 'registry-1.docker.io', 'hub.docker.com']

/**
 * Reads `[host[:port]/]repository[:tag][@digest]` as Docker does: what stands before the first slash is a host when it has
 * a dot or a colon or is `localhost`, else the repository is Docker Hub's, where a bare name is below `library/`.
 * Undefined for what is no reference. https://pkg.go.dev/github.com/distribution/reference
 */
export function parseReference(text: string): ImageReference | undefined {
  if (text.length > 512) return undefined
  const [named = '', digest = null, ...more] = text.split('@')
  if (more.length > 0 || (digest !== null && !digestPattern.test(digest))) return undefined
  const { host, path } = splitHost(named)
  if (!hostPattern.test(host) || !URL.canParse(`https://${host}`)) return undefined
  const colon = path.indexOf(':')
  const tag = colon < 0 ? null : path.slice(colon + 1)
  if (tag !== null && !tagPattern.test(tag)) return undefined
  const repository = fullName(host, colon < 0 ? path : path.slice(0, colon))
  if (repository.length > 255 || !repositoryPattern.test(repository)) return undefined
  return { host, repository, tag: tag ?? (digest === null ? 'latest' : null), digest }
}

/** The full form, such as `docker.io/library/nginx:latest`; `parseReference` reads it as the same. */
export function formatReference({ host, repository, tag, digest }: ImageReference): string {
  return `${host}/${repository}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`
}

/** The host that answers for a reference's host. */
export function apiHostOf({ host }: ImageReference): string {
  return host === dockerHub ? 'registry-1.docker.io' : host
}

function splitHost(named: string): { host: string; path: string } {
  const slash = named.indexOf('/')
  const first = named.slice(0, Math.max(0, slash))
  if (slash < 0 || !(/[.:]/.test(first) || first === 'localhost')) return { host: dockerHub, path: named }
  const host = first.toLowerCase()
  return { host: dockerHubNames.includes(host) ? dockerHub : host, path: named.slice(slash + 1) }
}

function fullName(host: string, path: string): string {
  return host === dockerHub && !path.includes('/') ? `library/${path}` : path
}
