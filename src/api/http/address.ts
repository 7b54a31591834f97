import type { FastifyRequest } from 'fastify'

/** Where the caller reached the gateway, by the Host header, or by what a trusted proxy says of it. */
export function addressOf(request: Pick<FastifyRequest, 'hostname' | 'port' | 'protocol'>): {
  host: string
  port: number
} {
  const { hostname, port, protocol } = request
  return { host: hostname, port: port || (protocol === 'https' ? 443 : 80) }
}
