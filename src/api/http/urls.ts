import type { FastifyRequest } from 'fastify'

const secretName = /token|secret|passw|key|auth|credential|signature|session|cookie|code|jwt/i

/** A request target's path: without query, and without the authority (and its user information) of the absolute form. */
export function pathOf(target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
  return path === '' ? '/' : path
}

/**
 * A request target as it may be logged: of the query, only parameters that the route knows keep their values, and none
 * whose name sounds like a secret.
 */
export function loggedUrl(request: FastifyRequest): string {
  const target = request.raw.url ?? '/'
  const at = target.indexOf('?')
  if (at === -1) return pathOf(target)
  const known = propertyNames(request.routeOptions.schema?.querystring)
  const parameters = [...new URLSearchParams(target.slice(at + 1))].slice(0, 32).map(([name, value]) => {
    const shown = known.has(name) && !secretName.test(name) ? encodeURIComponent(value) : '[redacted]'
    return `${encodeURIComponent(name)}=${shown}`
  })
  return `${pathOf(target)}?${parameters.join('&')}`
}

function propertyNames(schema: unknown): Set<string> {
  if (typeof schema !== 'object' || schema === null || !('properties' in schema)) return new Set()
  const { properties } = schema
  return new Set(typeof properties === 'object' && properties !== null ? Object.keys(properties) : [])
}
