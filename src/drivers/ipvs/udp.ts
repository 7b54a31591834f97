import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { type RealServer, realServerKey } from '../balancer.ts'
import { bindError, type Forwarder, type ForwarderOptions } from './forwarder.ts'
import { createRoundRobin } from './round-robin.ts'

/** A client that has sent something: what comes back from its real server goes to it. */
interface Session {
  server: RealServer
  socket: Socket
  activeAt: number
}

/**
 * Forwards datagrams: those of one client (address and port) to one real server, and what comes back to the client.
 * A real server that leaves loses its clients at once: their next datagrams go to another. Rejects with BalancerError.
 */
export async function listenUdp({ server, clock, limits }: ForwarderOptions): Promise<Forwarder> {
  const sessions = new Map<string, Session>()
  const turns = createRoundRobin<RealServer>()
  let realServers = server.realServers
  const listener = createSocket('udp4')

  function receive(data: Buffer, from: RemoteInfo): void {
    const key = `${from.address}:${from.port}`
    const session = sessions.get(key) ?? begin(key, from)
    if (!session) return
    session.activeAt = clock.now()
    send(session.socket, data, session.server)
  }

  /** Undefined when there is nowhere to send to, or the table is full. */
  function begin(key: string, client: RemoteInfo): Session | undefined {
    const [target] = turns.order(realServers)
    if (!target || sessions.size >= limits.sessions) return undefined
    const socket = createSocket('udp4')
    const session = { server: target, socket, activeAt: clock.now() }
    sessions.set(key, session)
    socket.on('error', () => end(key, session))
    socket.on('message', (data, from) => {
      if (from.address !== target.address || from.port !== target.port) return
      session.activeAt = clock.now()
      send(listener, data, client)
    })
    return session
  }

  /** Nobody waits for a datagram: one that does not fit, or cannot be sent, is lost, as on any network. */
  function send(socket: Socket, data: Buffer, { address, port }: RealServer): void {
    if (socket.getSendQueueSize() + data.length > limits.queuedBytes) return
    socket.send(data, port, address, () => undefined)
  }

  function end(key: string, session: Session): void {
    if (sessions.get(key) !== session) return
    sessions.delete(key)
    session.socket.close()
  }

  listener.bind({ address: server.address, port: server.port, exclusive: true })
  try {
    await once(listener, 'listening')
  } catch (error) {
    throw bindError(server, error)
  }
  listener.on('error', () => undefined)
  listener.on('message', receive)

  return {
    update(next) {
      realServers = next
      const kept = new Set(next.map(realServerKey))
      for (const [key, session] of sessions) if (!kept.has(realServerKey(session.server))) end(key, session)
    },
    observe: () =>
      realServers.map(each => ({
        ...each,
        weight: 1,
        activeConnections: 0,
        inactiveConnections: [...sessions.values()].filter(
          session => realServerKey(session.server) === realServerKey(each),
        ).length,
      })),
    sweep() {
      const before = clock.now() - limits.sessionIdleMs
      for (const [key, session] of sessions) if (session.activeAt <= before) end(key, session)
    },
    async close() {
      for (const [key, session] of sessions) end(key, session)
      const closed = once(listener, 'close')
      listener.close()
      await closed
    },
  }
}
