import type { Clock } from '../../clock.ts'
import {
  BalancerError,
  type Endpoint,
  type ObservedRealServer,
  type RealServer,
  type VirtualServer,
} from '../balancer.ts'

/** One virtual server of the userspace driver. */
export interface Forwarder {
  update(realServers: RealServer[]): void
  observe(): ObservedRealServer[]
  /** Ends what has been quiet or leaving for too long. */
  sweep(): void
  /** Ends all connections at once. */
  close(): Promise<void>
}

export interface ForwarderOptions {
  server: VirtualServer
  clock: Clock
  limits: Limits
}

/** Milliseconds, but for the counts. */
export interface Limits {
  /** Connections that a virtual server may have; more are refused. */
  connections: number
  /** Clients that a virtual server of UDP may know; datagrams of more are dropped. */
  sessions: number
  /** How long a real server may take to accept, before the next one is tried. */
  connectMs: number
  /** How long connections to a real server that is leaving may go on. */
  drainMs: number
  /** How long a connection may be quiet; as in the kernel's IPVS. */
  idleMs: number
  /** The same once one side has ended its half. */
  halfClosedMs: number
  sessionIdleMs: number
  /** Bytes of datagrams that wait to be sent on a socket; more are dropped. */
  queuedBytes: number
}

export const defaultLimits: Limits = {
  connections: 10_000,
  sessions: 4096,
  connectMs: 5000,
  drainMs: 60_000,
  idleMs: 900_000,
  halfClosedMs: 120_000,
  sessionIdleMs: 120_000,
  queuedBytes: 1024 * 1024,
}

/** Why a socket could not be bound, in the words of whom it concerns. */
export function bindError(endpoint: Endpoint, error: unknown): BalancerError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const { protocol, address, port } = endpoint
  if (code === 'EADDRNOTAVAIL')
    return new BalancerError('AddressUnavailable', `the gateway's host does not have the address ${address}`, {
      cause: error,
    })
  if (code === 'EADDRINUSE')
    return new BalancerError('PortTaken', `something else has ${protocol} ${address}:${port} on the gateway's host`, {
      cause: error,
    })
  return new BalancerError('Failed', `${protocol} ${address}:${port} cannot be bound: ${code ?? error}`, {
    cause: error,
  })
}
