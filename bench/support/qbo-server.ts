// A server of bench/qbo.ts, in a process of its own: the gateway's QBO surface over a table of nodes, or a bare `ws`
// server that sends a ready-made message of the same length.
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { createServer, type HttpServer } from '../../src/api/http/server.ts'
import { surfaces } from '../../src/api/surfaces.ts'
import { systemClock } from '../../src/clock.ts'
import { createLogger } from '../../src/log.ts'
import { createFakeEngine } from '../../test/support/engine.ts'
import { messageLength } from './qbo-message.ts'

export interface ServerOrder {
  /** `measure` collects garbage first; `usage` does not, so as not to count it. */
  do: 'listen' | 'measure' | 'usage' | 'change'
}

export interface ServerAnswer {
  port: number
  /** Milliseconds of the machine's monotonic clock, taken right before the change. */
  at: number
  heap: number
  resident: number
  /** Microseconds of processor used so far. */
  processor: number
}

const { port, change } = process.argv[2] === 'bare' ? await bare() : await gateway()

process.on('message', (order: ServerOrder) => {
  if (order.do === 'measure') for (let n = 0; n < 3; n += 1) globalThis.gc?.()
  const at = Number(process.hrtime.bigint()) / 1e6
  if (order.do === 'change') change()
  const { heapUsed, external, rss } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const answer: ServerAnswer = { port, at, heap: heapUsed + external, resident: rss, processor: user + system }
  process.send?.(answer)
})

async function bare() {
  const http = createHttpServer()
  const server = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload: 64 * 1024 })
  server.on('connection', socket => socket.on('message', () => undefined))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const message = Buffer.alloc(messageLength, 'x')
  return {
    port: portOf(http.address()),
    change() {
      for (const socket of server.clients) socket.send(message, { binary: false })
    },
  }
}

async function gateway() {
  const engine = createFakeEngine()
  // Admins have no limit to their connections; the fake engine has one for everybody.
  Object.assign(engine.accounts, { connect: () => () => undefined })
  const server = createServer({ engine, log: createLogger({ level: 'warn' }) })
  await server.register(async (scope: HttpServer) => surfaces(scope, { engine, clock: systemClock }))
  await server.listen({ host: '127.0.0.1', port: 0 })
  let changes = 0
  return {
    port: portOf(server.server.address()),
    change() {
      changes += 1
      engine.putNode('node-2b251a2c.localhost', { state: changes % 2 === 0 ? 'ready' : 'exited' })
    },
  }
}

function portOf(address: unknown): number {
  if (typeof address === 'object' && address !== null && 'port' in address) return Number(address.port)
  throw new Error('the server does not listen')
}
