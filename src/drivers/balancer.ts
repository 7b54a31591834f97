/**
 * What the engine asks of a load balancer on layer 4: connections to an address of the host are handed to real servers
 * in turn. `ipvs/` does it in the kernel or in this process, `simulated/` only says so. Every act is safe to repeat.
 */
export interface BalancerDriver {
  readonly name: 'ipvs' | 'userspace' | 'simulated'
  /**
   * Makes the virtual server, or brings its real servers in line; connections to one that is no longer among them go on
   * until they end, or a limit. Rejects with BalancerError.
   */
  ensure(server: VirtualServer): Promise<void>
  /** Removes the virtual server, where it is there, with the connections that it has. */
  remove(server: Endpoint): Promise<void>
  /** What there is, whoever asked for it, an earlier process included, and who is connected. */
  observe(): Promise<ObservedVirtualServer[]>
  /** Removes all that was made at addresses other than these, by an earlier process included. */
  prune(addresses: ReadonlySet<string>): Promise<void>
  /** Lets go of sockets and timers. What is in the kernel stays: clusters run on, too. */
  close(): Promise<void>
}

export type Protocol = 'tcp' | 'udp'

export interface Endpoint {
  /** IPv4. */
  address: string
  port: number
  protocol: Protocol
}

export interface RealServer {
  address: string
  port: number
}

export interface VirtualServer extends Endpoint {
  /** All that get connections, in equal parts. */
  realServers: RealServer[]
}

export interface ObservedRealServer extends RealServer {
  /** 0: gets no new connections. */
  weight: number
  activeConnections: number
  /** In the kernel: those that are closing, and all of UDP. */
  inactiveConnections: number
}

export interface ObservedVirtualServer extends Endpoint {
  realServers: ObservedRealServer[]
}

export type BalancerErrorCode =
  /** The host does not have the address. */
  | 'AddressUnavailable'
  /** Something else listens there. */
  | 'PortTaken'
  | 'Failed'

/** The message is for the balancer's owner. */
export class BalancerError extends Error {
  readonly code: BalancerErrorCode

  constructor(code: BalancerErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'BalancerError'
    this.code = code
  }
}

/** `tcp 203.0.113.10:80`: tells virtual servers apart. */
export function endpointKey({ protocol, address, port }: Endpoint): string {
  return `${protocol} ${address}:${port}`
}

export function realServerKey({ address, port }: RealServer): string {
  return `${address}:${port}`
}
