import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { startDeadline } from '../../deadline.ts'
import { type RealServer, realServerKey } from '../balancer.ts'
import { bindError, type Forwarder, type ForwarderOptions } from './forwarder.ts'
import { createRoundRobin } from './round-robin.ts'

/** A client's connection and the one that was made for it. */
interface Link {
  client: Socket
  /** Undefined while a real server is looked for. */
  to?: { socket: Socket; server: RealServer }
  /** Since when its real server is no longer one; undefined while it is. */
  leavingSince?: number | undefined
  bytes: number
  activeAt: number
}

/** Finds out that a peer has vanished; its connection then ends as one that was lost. */
const keepAlive = { keepAlive: true, keepAliveInitialDelay: 60_000, noDelay: true }

/**
 * Listens on the virtual server's address. Each connection goes to the real server whose turn it is, or to the next
 * that accepts; bytes and the end of each half are passed on as fast as the slower side takes them. Rejects with
 * BalancerError.
 */
export async function listenTcp({ server, clock, limits }: ForwarderOptions): Promise<Forwarder> {
  const closing = new AbortController()
  const links = new Set<Link>()
  const turns = createRoundRobin<RealServer>()
  let realServers = server.realServers

  const listener = createServer({ allowHalfOpen: true, ...keepAlive }, client => void accept(client))
  listener.maxConnections = limits.connections

  async function accept(client: Socket): Promise<void> {
    const link: Link = { client, bytes: 0, activeAt: clock.now() }
    links.add(link)
    client.on('error', ignored)
    client.once('close', () => link.to || links.delete(link))
    for (const candidate of turns.order(realServers)) {
      const socket = await connect(candidate)
      if (client.destroyed) return void socket?.destroy()
      if (socket) return join(link, socket, candidate)
    }
    client.resetAndDestroy()
  }

  /** Undefined when it does not accept. */
  async function connect({ address, port }: RealServer): Promise<Socket | undefined> {
    const deadline = startDeadline({
      clock,
      timeoutMs: limits.connectMs,
      expired: () => new Error('no answer'),
      signal: closing.signal,
    })
    const socket = createConnection({
      host: address,
      port,
      allowHalfOpen: true,
      ...keepAlive,
      signal: deadline.signal,
    })
    socket.on('error', ignored)
    try {
      await once(socket, 'connect')
      return socket
    } catch {
      return undefined
    } finally {
      deadline.end()
    }
  }

  function join(link: Link, socket: Socket, candidate: RealServer): void {
    const { client } = link
    link.to = { socket, server: candidate }
    if (!includes(realServers, candidate)) link.leavingSince = clock.now()
    client.pipe(socket).pipe(client)
    for (const [one, other] of [
      [client, socket],
      [socket, client],
    ] as const)
      one.once('close', failed => {
        // One that ended well has passed its end on: the other one still sends what it holds.
        if (failed) other.resetAndDestroy()
        if (one.destroyed && other.destroyed) links.delete(link)
      })
  }

  function end(link: Link): void {
    link.client.resetAndDestroy()
    link.to?.socket.resetAndDestroy()
  }

  function sweepLink(link: Link): void {
    const { client, to, leavingSince } = link
    if (!to) return
    const now = clock.now()
    const bytes = client.bytesRead + to.socket.bytesRead
    if (bytes !== link.bytes) Object.assign(link, { bytes, activeAt: now })
    const halfClosed = client.readableEnded || to.socket.readableEnded
    const quiet = now - link.activeAt >= (halfClosed ? limits.halfClosedMs : limits.idleMs)
    const drained = leavingSince !== undefined && now - leavingSince >= limits.drainMs
    if (quiet || drained) end(link)
  }

  listener.listen({ host: server.address, port: server.port })
  try {
    await once(listener, 'listening')
  } catch (error) {
    throw bindError(server, error)
  }
  listener.on('error', ignored)

  return {
    update(next) {
      realServers = next
      for (const link of links)
        if (link.to) link.leavingSince = includes(next, link.to.server) ? undefined : (link.leavingSince ?? clock.now())
    },
    observe() {
      const counts = new Map<string, { server: RealServer; links: number }>()
      for (const each of realServers) counts.set(realServerKey(each), { server: each, links: 0 })
      for (const { to } of links) {
        if (!to) continue
        const key = realServerKey(to.server)
        const count = counts.get(key) ?? { server: to.server, links: 0 }
        counts.set(key, { ...count, links: count.links + 1 })
      }
      return [...counts.values()].map(count => ({
        ...count.server,
        weight: includes(realServers, count.server) ? 1 : 0,
        activeConnections: count.links,
        inactiveConnections: 0,
      }))
    },
    sweep() {
      for (const link of links) sweepLink(link)
    },
    async close() {
      closing.abort(new Error('the virtual server is removed'))
      const closed = once(listener, 'close')
      listener.close()
      for (const link of links) end(link)
      await closed
    },
  }
}

function includes(servers: readonly RealServer[], one: RealServer): boolean {
  return servers.some(each => realServerKey(each) === realServerKey(one))
}

/** What follows an error of a socket is its close. */
function ignored(): void {}
