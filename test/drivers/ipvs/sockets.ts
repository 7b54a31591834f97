import assert from 'node:assert/strict'
import { createSocket, type Socket as Datagrams } from 'node:dgram'
import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import type { RealServer } from '../../../src/drivers/balancer.ts'

interface Test {
  after(work: () => Promise<void> | void): void
}

/** A real server on loopback; `serve` gets each connection. */
export async function startServer(
  t: Test,
  address: string,
  serve: (socket: Socket) => void,
): Promise<RealServer & { accepted(): number; stop(): void }> {
  let accepted = 0
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, socket => {
    accepted += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    serve(socket)
  })
  server.listen(0, address)
  await once(server, 'listening')
  const stop = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  t.after(stop)
  const at = server.address()
  assert.ok(typeof at === 'object' && at !== null)
  return { address, port: at.port, accepted: () => accepted, stop }
}

/** Says its name to whoever connects, then gives back what it gets. */
export function named(name: string): (socket: Socket) => void {
  return socket => {
    socket.write(name)
    socket.pipe(socket)
  }
}

/** A connection, with all it has been told so far. */
export async function connect(
  t: Test,
  to: RealServer,
): Promise<Socket & { told(): string; says(text: string): Promise<void> }> {
  const socket = createConnection({ host: to.address, port: to.port, allowHalfOpen: true })
  t.after(() => void socket.destroy())
  socket.on('error', () => undefined)
  let told = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    told += text
  })
  // One that is refused at once may see nothing but that.
  await once(socket, 'connect').catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ECONNRESET')) throw error
  })
  return Object.assign(socket, {
    told: () => told,
    /** Resolves once it has been told this. */
    async says(text: string) {
      while (!told.includes(text)) await once(socket, 'data')
    },
  })
}

/** Resolves once a socket is closed, well or not. */
export function ended(socket: Socket): Promise<void> {
  if (socket.closed) return Promise.resolve()
  return new Promise(resolve => void socket.once('close', () => resolve()))
}

/** A real server of UDP that answers each datagram with its name and what it got. */
export async function startEcho(t: Test, address: string, name: string): Promise<RealServer & { stop(): void }> {
  const socket = createSocket('udp4')
  socket.on('message', (data, from) => socket.send(`${name} ${data}`, from.port, from.address))
  socket.bind(0, address)
  await once(socket, 'listening')
  let open = true
  const stop = () => {
    if (open) socket.close()
    open = false
  }
  t.after(stop)
  return { address, port: socket.address().port, stop }
}

/** A client of UDP. */
export async function startClient(
  t: Test,
): Promise<{ ask(text: string, to: RealServer): Promise<string>; socket: Datagrams }> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.after(() => void socket.close())
  return {
    socket,
    async ask(text, { address, port }) {
      const answered = once(socket, 'message')
      socket.send(text, port, address)
      const [data]: unknown[] = await answered
      return String(data)
    },
  }
}

/** A port of that address that nobody has. */
export async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address)
  await once(server, 'listening')
  const at = server.address()
  assert.ok(typeof at === 'object' && at !== null)
  server.close()
  await once(server, 'close')
  return at.port
}
