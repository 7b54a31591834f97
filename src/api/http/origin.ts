import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../../errors.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'])

/**
 * Refuses what another site's page makes a browser do with the credentials that the browser sends by itself: cookies, and
 * the name and password of an address (Basic). It looks at every method that changes something and at every upgrade, as
 * WebSockets are open to all origins. Programs send none of these headers and pass; so does who shows a Bearer token,
 * which no browser adds by itself. Errors: Forbidden.
 *
 * https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
 */
export function refuseOtherSites(request: FastifyRequest, allowed: ReadonlySet<string>): void {
  if (!isSentByItself(request)) return
  if (safeMethods.has(request.method) && request.headers.upgrade === undefined) return
  const { origin } = request.headers
  if (origin !== undefined && allowed.has(origin)) return
  const site = request.headers['sec-fetch-site']
  const sameSite = site === undefined || site === 'same-origin' || site === 'none'
  if (sameSite && (origin === undefined || isOwn(origin, request))) return
  throw new GatewayError('Forbidden', 'Another site may not do this with your cookies; ALLOWED_ORIGINS says which may.')
}

function isSentByItself({ headers }: FastifyRequest): boolean {
  if (headers.authorization === undefined) return headers.cookie !== undefined
  return /^basic /i.test(headers.authorization)
}

/** A page of http is not let into https. The other way round is what a proxy that ends TLS makes of its own pages. */
function isOwn(origin: string, { protocol, host }: FastifyRequest): boolean {
  if (!URL.canParse(origin)) return false
  const { protocol: scheme, host: theirs } = new URL(origin)
  const own = `${scheme}//${host}`
  if (scheme !== 'https:' && !(scheme === 'http:' && protocol === 'http')) return false
  return URL.canParse(own) && new URL(own).host === theirs
}
