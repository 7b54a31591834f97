import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { closeServer, signalOf } from '../../../src/api/http/lifecycle.ts'
import type { HttpServer } from '../../../src/api/http/server.ts'
import { takeUpgrade } from '../../../src/api/http/upgrades.ts'
import { acceptWebSocket } from '../../../src/api/http/websockets.ts'
import { GatewayError } from '../../../src/errors.ts'
import { tokens } from '../../support/engine.ts'
import { setUp, until } from '../support.ts'

const auth = `Authorization: Bearer ${tokens.ann}`
const spdy = 'Connection: Upgrade\r\nUpgrade: SPDY/3.1'

/** A route that echoes what comes after an upgrade, and one that speaks WebSocket. */
async function upgradable(t: Parameters<typeof setUp>[0]) {
  const reached: string[] = []
  const harness = await setUp(t, {
    routes: (server: HttpServer) => {
      const of = (access: 'user' | 'admin') => ({ config: { access }, schema: { hide: true } })
      server.get('/echo', of('user'), async (request, reply) => {
        reached.push('/echo')
        const { socket, head } = takeUpgrade(request, reply, ['spdy/3.1'])
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n')
        socket.write(head)
        socket.pipe(socket)
      })
      server.get('/admins', of('admin'), async (request, reply) => {
        reached.push('/admins')
        takeUpgrade(request, reply, ['spdy/3.1'])
      })
      server.get('/socket', of('user'), async (request, reply) => {
        reached.push('/socket')
        if (request.headers['x-refuse']) throw new GatewayError('NotFound', 'There is no such pod.')
        const { clock } = harness.engine
        const socket = await acceptWebSocket(request, reply, { protocol: 'b', maxPayload: 16, clock })
        signalOf(reply).addEventListener('abort', () => socket.close(1001))
        socket.on('message', data => socket.send(data))
      })
    },
  })
  return { ...harness, reached }
}

async function send(port: number, ...lines: string[]) {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`${[...lines, 'Host: x'].join('\r\n')}\r\n\r\n`)
  return socket
}

test('an upgrade without a credential is refused before the route, and its connection ends', async t => {
  const { listen, reached } = await upgradable(t)
  const port = await listen()
  for (const path of ['/echo', '/socket', '/no-such']) {
    const answer = await text(await send(port, `GET ${path} HTTP/1.1`, spdy))
    assert.match(answer, /^HTTP\/1\.1 401 Unauthorized\r\n/)
    assert.match(answer, /\r\nconnection: close\r\n/i)
    assert.match(answer, /"code":"Unauthorized"/)
  }
  assert.deepEqual(reached, [])
})

test('an upgrade goes by the policy of its route', async t => {
  const { listen, reached } = await upgradable(t)
  assert.match(await text(await send(await listen(), 'GET /admins HTTP/1.1', spdy, auth)), /^HTTP\/1\.1 403 /)
  assert.deepEqual(reached, [])
})

test('a route that takes the upgrade has the connection', async t => {
  const { listen, server } = await upgradable(t)
  const socket = await send(await listen(), 'GET /echo HTTP/1.1', spdy, auth)
  socket.write('one')
  let received = ''
  socket.setEncoding('utf8').on('data', data => {
    received += data
  })
  await until(() => received.endsWith('one'))
  assert.match(received, /^HTTP\/1\.1 101 /)
  assert.equal(server.upgraded.size, 1)
  socket.destroy()
  await until(() => server.upgraded.size === 0)
})

test('a route that knows no upgrade answers as ever', async t => {
  const { listen } = await upgradable(t)
  const answer = await text(await send(await listen(), 'GET /api/v1/clusters HTTP/1.1', spdy, auth))
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
  assert.match(answer, /"items":\[\]/)
})

test('a protocol that is not known here, or a body, leaves a plain request', async t => {
  const { listen } = await upgradable(t)
  const port = await listen()
  assert.match(await text(await send(port, 'GET /livez HTTP/1.1', 'Connection: Upgrade', 'Upgrade: h2c')), / 200 OK/)
  const post = ['POST /api/v1/clusters HTTP/1.1', auth, 'Content-Type: application/json', 'Content-Length: 16']
  const socket = await send(port, ...post, spdy)
  socket.write('{"name":"alex"} ')
  assert.match(await text(socket), /^HTTP\/1\.1 202 /)
})

test('a route that needs an upgrade says so', async t => {
  const { listen } = await upgradable(t)
  const answer = await text(await send(await listen(), 'GET /socket HTTP/1.1', auth, 'Connection: close'))
  assert.match(answer, /^HTTP\/1\.1 426 Upgrade Required\r\n/)
  assert.match(answer, /\r\nupgrade: websocket\r\n/i)
})

test('an upgrade behind a request that is still being answered ends the connection', async t => {
  const { listen, reached } = await upgradable(t)
  const watch = `GET /api/v1/clusters?watch=true HTTP/1.1\r\n${auth}\r\nHost: x\r\n\r\n`
  const socket = connect(await listen(), '127.0.0.1')
  socket.write(`${watch}GET /echo HTTP/1.1\r\n${auth}\r\n${spdy}\r\nHost: x\r\n\r\n`)
  socket.on('error', () => undefined).resume()
  await once(socket, 'close')
  assert.deepEqual(reached, [])
})

async function open(t: Parameters<typeof setUp>[0], headers: Record<string, string> = {}) {
  const harness = await upgradable(t)
  const port = await harness.listen()
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, ['a', 'b'], {
    headers: { authorization: `Bearer ${tokens.ann}`, ...headers },
  })
  return { ...harness, socket }
}

test('a WebSocket is accepted with the subprotocol that the route chooses, and logged when it ends', async t => {
  const { socket, log } = await open(t)
  await once(socket, 'open')
  assert.equal(socket.protocol, 'b')
  socket.send('hello')
  const [data] = await once(socket, 'message')
  assert.equal(String(data), 'hello')
  socket.close()
  await once(socket, 'close')
  await until(() => log().some(line => line.msg === 'upgraded connection ended' && line.status === 101))
})

test('a route can refuse a WebSocket with an answer', async t => {
  const { socket } = await open(t, { 'x-refuse': 'yes' })
  const [, response] = await once(socket, 'unexpected-response')
  assert.equal(response.statusCode, 404)
  assert.match(await text(response), /There is no such pod/)
})

test('a malformed handshake gets a problem', async t => {
  const { listen } = await upgradable(t)
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13'
  const answer = await text(await send(await listen(), 'GET /socket HTTP/1.1', auth, upgrade))
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/)
  assert.match(answer, /Sec-WebSocket-Key/)
})

test('a message that is too large ends the connection', async t => {
  const { socket } = await open(t)
  await once(socket, 'open')
  socket.send('a'.repeat(17))
  const [code] = await once(socket, 'close')
  assert.equal(code, 1009)
})

test('a peer that answers no ping is cut off', async t => {
  const { socket, engine } = await open(t)
  await once(socket, 'open')
  // Its client library answers pings by itself.
  await Promise.all([once(socket, 'ping'), engine.clock.advance(30_000)])
  socket.send('hello')
  await once(socket, 'message')
  await Promise.all([once(socket, 'ping'), engine.clock.advance(30_000)])
  // Two more heartbeats with nothing in between: no answer can have come.
  const ended = once(socket, 'close')
  const { clock } = engine
  socket.pause()
  for (let beats = 0; beats < 3; beats += 1) await clock.advance(30_000)
  socket.resume()
  assert.equal((await ended)[0], 1006)
})

test('closing the server ends WebSockets, and cuts what does not end', async t => {
  const { socket, server } = await open(t)
  await once(socket, 'open')
  const [[code]] = await Promise.all([once(socket, 'close'), closeServer(server, { graceMs: 1000 })])
  assert.equal(code, 1001)
})
