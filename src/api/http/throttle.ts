import { hash, randomBytes } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../../clock.ts'
import { GatewayError } from '../../errors.ts'

export interface ThrottleOptions {
  clock: Clock
  /** Failures of one address within a minute after which it is refused. */
  limit: number
  /** Addresses and credentials that are remembered; the oldest are forgotten. */
  most?: number
}

/**
 * Slows down whoever tries credentials. An address that failed too often within a minute is refused until that minute is
 * over, without a look at what it shows; but for credentials that were accepted from it before, so that neither another
 * address nor a program with an old token on the same machine locks anybody out.
 */
export interface Throttle {
  /** Seconds after which the address may try again; undefined when it may now. */
  refusedFor(address: string, credential: string): number | undefined
  failed(address: string): void
  accepted(address: string, credential: string): void
}

const windowMs = 60_000

interface Failures {
  count: number
  /** When they are forgotten, in milliseconds since the epoch. */
  until: number
}

export function createThrottle({ clock, limit, most = 10_000 }: ThrottleOptions): Throttle {
  const failures = new Map<string, Failures>()
  const known = new Set<string>()
  const salt = randomBytes(16).toString('base64')
  const keyOf = (address: string, credential: string) =>
    hash('sha256', `${salt} ${networkOf(address)} ${credential}`, 'base64')

  return {
    refusedFor(address, credential) {
      const found = failures.get(networkOf(address))
      if (!found || found.count < limit || found.until <= clock.now()) return undefined
      return known.has(keyOf(address, credential)) ? undefined : Math.ceil((found.until - clock.now()) / 1000)
    },
    failed(address) {
      const network = networkOf(address)
      const found = failures.get(network)
      if (found && found.until > clock.now()) {
        found.count += 1
        return
      }
      failures.delete(network)
      failures.set(network, { count: 1, until: clock.now() + windowMs })
      forgetOldest(failures, most)
    },
    accepted(address, credential) {
      const key = keyOf(address, credential)
      known.delete(key)
      known.add(key)
      forgetOldest(known, most)
    },
  }
}

/** Throws TooManyRequests, with when to come again, for an address that showed many credentials that were no good. */
export function refuseFailing(
  throttle: Throttle,
  credential: string,
  { ip }: FastifyRequest,
  reply: FastifyReply,
): void {
  const seconds = throttle.refusedFor(ip, credential)
  if (seconds === undefined) return
  reply.header('retry-after', seconds)
  throw new GatewayError('TooManyRequests', `Too many credentials that are not valid: try again in ${seconds} s.`)
}

function forgetOldest(of: Map<string, unknown> | Set<string>, most: number): void {
  for (const key of of.keys()) {
    if (of.size <= most) return
    of.delete(key)
  }
}

/** Who has one address of IPv6 has all of its /64. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1]
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address
  const [head = '', tail] = address.replace(/%.*$/, '').toLowerCase().split('::')
  const parts = head.split(':').filter(part => part !== '')
  const after = tail?.split(':').filter(part => part !== '') ?? []
  const all =
    tail === undefined ? parts : [...parts, ...Array(Math.max(0, 8 - parts.length - after.length)).fill('0'), ...after]
  return all
    .slice(0, 4)
    .map(part => Number.parseInt(part, 16).toString(16))
    .join(':')
}
