import { createHash } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import type { Clock } from '../../clock.ts'
import { startDeadline } from '../../deadline.ts'
import {
  type ImageReference,
  type Manifest,
  mostTags,
  type Registry,
  type RegistryCredentials,
  type RegistryOptions,
} from '../registry.ts'
import { authorize, denied } from './authorize.ts'
import { type Answer, type Ask, createExchange, unavailable } from './exchange.ts'
import type { Resolve } from './guard.ts'
import type { AllowedOrigins } from './origins.ts'
import { apiHostOf } from './reference.ts'

export interface RegistryClientOptions {
  clock: Clock
  /** Hosts that the operator allows whatever their address is. */
  allowed: AllowedOrigins
  /** The system's resolver when absent. */
  resolve?: Resolve
  /** Milliseconds that a call may take in all, with tokens, redirects and pages. */
  timeoutMs?: number
}

const defaultTimeoutMs = 5000
const maxManifestBytes = 4 * 1024 * 1024
const maxPageBytes = 1024 * 1024
const mostPages = 20

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** One call's requests: what was found out about its authorization serves those that follow. */
interface Session {
  reference: ImageReference
  origin: string
  credentials: RegistryCredentials | undefined
  signal: AbortSignal
  authorization: { origin: string; value: string } | undefined
}

/** A client of the OCI distribution API. https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md */
export function createRegistryClient(options: RegistryClientOptions): Registry {
  const { clock, allowed, timeoutMs = defaultTimeoutMs, resolve = name => lookup(name, { all: true }) } = options
  const exchange = createExchange({ allowed, resolve })

  async function within<T>(
    reference: ImageReference,
    { credentials, signal }: RegistryOptions,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const expired = () => unavailable(`${reference.host} does not answer within ${timeoutMs / 1000} s`)
    const deadline = startDeadline({ clock, timeoutMs, expired, signal })
    try {
      return await work({
        reference,
        origin: allowed.originOf(apiHostOf(reference)),
        credentials,
        signal: deadline.signal,
        authorization: undefined,
      })
    } finally {
      deadline.end()
    }
  }

  /** An answer with status 200, 404 or 405. */
  async function ask(session: Session, of: Pick<Ask, 'method' | 'url' | 'accept' | 'maxBytes'>): Promise<Answer> {
    const { origin, reference, signal } = session
    const send = (url: URL) =>
      exchange({
        ...of,
        url,
        authorization: session.authorization?.origin === url.origin ? session.authorization.value : undefined,
        signal,
      })
    let answer = await send(of.url)
    if (answer.status === 401 && session.authorization === undefined) {
      const { url } = answer
      const credentials = url.origin === origin ? session.credentials : undefined
      const value = await authorize({
        exchange,
        refused: answer,
        repository: reference.repository,
        credentials,
        signal,
      })
      session.authorization = { origin: url.origin, value }
      answer = await send(url)
    }
    const { status, url } = answer
    if (status === 401 || status === 403) throw denied(url.host)
    if (status !== 200 && status !== 404 && status !== 405) throw unavailable(`${url.host} answered ${status}`)
    return answer
  }

  async function manifest(session: Session): Promise<Manifest | undefined> {
    const { repository, tag, digest } = session.reference
    const url = new URL(`/v2/${repository}/manifests/${digest ?? tag}`, session.origin)
    const of = { url, accept: manifestTypes, maxBytes: maxManifestBytes }
    let answer = await ask(session, { ...of, method: 'HEAD' })
    // A registry need not serve HEAD, nor name the digest.
    if (answer.status === 405 || (answer.status === 200 && digestOf(answer) === undefined))
      answer = await ask(session, { ...of, method: 'GET' })
    if (answer.status !== 200) return undefined
    const computed = `sha256:${createHash('sha256').update(answer.body).digest('hex')}`
    return { digest: digestOf(answer) ?? computed, mediaType: answer.headers['content-type']?.split(';')[0] ?? '' }
  }

  async function tags(session: Session): Promise<string[] | undefined> {
    const found: string[] = []
    let url = new URL(`/v2/${session.reference.repository}/tags/list?n=100`, session.origin)
    for (let page = 0; page < mostPages; page++) {
      const answer = await ask(session, { method: 'GET', url, accept: 'application/json', maxBytes: maxPageBytes })
      if (answer.status !== 200) return page === 0 ? undefined : found
      found.push(...tagsOf(answer))
      const next = nextPage(answer)
      if (!next || found.length >= mostTags) break
      url = next
    }
    return found.slice(0, mostTags)
  }

  return {
    manifest: (reference, given = {}) => within(reference, given, manifest),
    tags: (reference, given = {}) => within(reference, given, tags),
  }
}

function digestOf({ headers }: Answer): string | undefined {
  const given = String(headers['docker-content-digest'] ?? '')
  return /^sha256:[0-9a-f]{64}$/.test(given) ? given : undefined
}

/** Where the next page is (RFC 8288). */
function nextPage({ headers, url }: Answer): URL | null {
  const target = /<([^>]+)>\s*;\s*rel="?next"?/.exec(String(headers.link ?? ''))?.[1]
  return target === undefined ? null : URL.parse(target, url.href)
}

function tagsOf({ body, url }: Answer): string[] {
  let answer: unknown
  try {
    answer = JSON.parse(body.toString())
  } catch {
    throw unavailable(`${url.host} answers with what is not JSON`)
  }
  const tags = typeof answer === 'object' && answer !== null && 'tags' in answer ? answer.tags : undefined
  return Array.isArray(tags) ? tags.filter(tag => typeof tag === 'string') : []
}
