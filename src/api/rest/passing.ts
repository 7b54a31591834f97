import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../../errors.ts'

type Headers = Record<string, string | string[] | undefined>

/** RFC 9110, section 7.6.1, and what others put there. */
const hopByHop = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']
const secret = ['authorization', 'cookie', 'proxy-authorization']
const notForClusters = new Set([...hopByHop, ...secret, 'host', 'expect', 'forwarded', 'origin', 'referer', 'via'])
/** A name with a colon is no header but HTTP/2's own (RFC 9113, section 8.3). */
const notForClustersPrefix = /^(:|x-forwarded-|x-remote-|x-real-ip)/
/** A workload's page must not act as the gateway's: these stay the gateway's own. */
const notForCallers = new Set([
  ...hopByHop,
  'set-cookie',
  'content-security-policy',
  'x-frame-options',
  'x-content-type-options',
  'referrer-policy',
  'strict-transport-security',
  'clear-site-data',
  'service-worker-allowed',
])
/** Kubernetes takes a bearer token in a subprotocol's name, too. */
const tokenProtocol = /^base64url\.bearer\.authorization\.k8s\.io\./i

/**
 * What of a caller's headers goes to the cluster: nothing that says who asks. Several lines of one name stay several.
 * @throws {GatewayError} Forbidden for impersonation, which would be ignored else and so give more than is asked for.
 */
export function passedHeaders({
  headers,
  rawHeaders: raw,
}: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): Record<string, string | string[]> {
  const named = new Set(tokensOf(headers.connection))
  const passed: Record<string, string | string[]> = {}
  for (const [name, values] of linesOf(raw)) {
    if (name.startsWith('impersonate-'))
      throw new GatewayError('Forbidden', 'The gateway does not act for others: leave out impersonation.')
    if (named.has(name) || notForClusters.has(name) || notForClustersPrefix.test(name)) continue
    const kept = name === 'sec-websocket-protocol' ? withoutToken(values) : values
    const [only] = kept
    if (only !== undefined) passed[name] = kept.length === 1 ? only : kept
  }
  return passed
}

/**
 * The path and query below `/api/v1/clusters/<name>/proxy`, as they were written.
 * @throws {GatewayError} InvalidRequest for one that leads elsewhere.
 */
export function passedPath(target: string, cluster: string): string {
  const rest = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/^\/api\/v1\/clusters\/[^/?]+\/proxy/i, '')
  const [path = '', ...query] = rest.split('?')
  const plain = decoded(path)
  if (plain === undefined || /[\\\s]/.test(plain) || plain.split('/').some(part => part === '..' || part === '.'))
    throw new GatewayError('InvalidRequest', `The path below the proxy of ${cluster} must not lead elsewhere.`)
  return [path === '' ? '/' : path, ...query].join('?')
}

/** What of a cluster's headers goes to the caller. Places on the API server become places below the proxy. */
export function answerHeaders(headers: Headers, cluster: string): Headers {
  const named = new Set(tokensOf(headers.connection))
  const kept = Object.entries(headers).filter(
    ([name]) => !named.has(name) && !notForCallers.has(name) && !name.startsWith('access-control-'),
  )
  const answer = Object.fromEntries(kept)
  const { location } = answer
  if (typeof location === 'string' && /^\/(?!\/)/.test(location))
    answer.location = `/api/v1/clusters/${encodeURIComponent(cluster)}/proxy${location}`
  return answer
}

/** Header lines as they came, but for what is not for callers; an upgrade's own stay. */
export function rawHeaders(raw: string[]): string {
  let lines = ''
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const lower = name.toLowerCase()
    if (lower === 'connection' || lower === 'upgrade' || !notForCallers.has(lower))
      lines += `${name}: ${raw[at + 1]}\r\n`
  }
  return lines
}

/** Decoded as often as somebody on the way might; undefined where it is no encoding at all. */
function decoded(path: string): string | undefined {
  let plain: string | undefined
  try {
    plain = decodeURIComponent(path)
    for (let times = 0; times < 2; times += 1) plain = decodeURIComponent(plain)
  } catch {
    // a literal percent sign: nobody decodes it any further
  }
  return plain
}

/** The values of each name, a line each. */
function linesOf(raw: string[]): Map<string, string[]> {
  const lines = new Map<string, string[]>()
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase()
    lines.set(name, [...(lines.get(name) ?? []), raw[at + 1] ?? ''])
  }
  return lines
}

function tokensOf(header: string | string[] | undefined): string[] {
  return [header ?? []]
    .flat()
    .flatMap(value => value.split(','))
    .map(token => token.trim().toLowerCase())
}

function withoutToken(values: string[]): string[] {
  return values
    .map(value =>
      value
        .split(',')
        .map(protocol => protocol.trim())
        .filter(protocol => !tokenProtocol.test(protocol))
        .join(', '),
    )
    .filter(value => value !== '')
}
