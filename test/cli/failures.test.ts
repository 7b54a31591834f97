import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { WebSocket } from 'ws'
import { describeConnectError } from '../../src/cli/failures.ts'
import { type Limits, perform } from '../../src/cli/socket.ts'
import { setUp } from '../api/support.ts'
import { tokens } from '../support/engine.ts'
import { fakeGateway, messageFor, type Request, run, start } from './support.ts'

/** The words that a command ends with. */
async function failureAt(port: number, { cmd = 'get pods -A', limits }: { cmd?: string; limits?: Limits } = {}) {
  const target = { url: `ws://127.0.0.1:${port}/qbo`, headers: {}, credential: 'KINDGATE_TOKEN' }
  const { signal } = new AbortController()
  const errand = { target, cmd, take: () => undefined, signal, ...(limits ? { limits } : {}) }
  const failure = await perform(errand).then(
    () => assert.fail('it ended well'),
    (error: unknown) => error,
  )
  assert.ok(failure instanceof Error)
  return failure.message
}

for (const [what, answer] of [
  ['is no JSON', 'hello\u001b[2J'],
  ['is JSON of another kind', '[1, 2]'],
  ['lacks a code', '{"uuid":"66fac858-a271-49cf-bad0-fdd9ff0b4787","command":"CMD_GET"}'],
  ['is binary', Buffer.from('{}')],
] as const) {
  test(`a message that ${what} ends the command with a line on stderr`, async t => {
    const { port } = await fakeGateway(t, { onCommand: socket => socket.send(answer) })
    const env = { KINDGATE_TOKEN: 'kg_any', KINDGATE_URL: `http://127.0.0.1:${port}` }
    const { status, out, err } = await run(t, ['get', 'pods', '-A'], env)
    assert.deepEqual([status, out], [1, ''])
    assert.match(err, /^kindgate: what answers at ws:\/\/127\.0\.0\.1:\d+\/qbo speaks no QBO AsyncAPI; it sent ".*"\n$/)
    assert.ok(!err.includes('\u001b'))
  })
}

for (const [code, reason, words] of [
  [1001, 'the gateway is shutting down', /^the gateway is shutting down \(1001/],
  [1008, '', /^the gateway does not allow this connection any longer \(1008\)$/],
  [1011, '', /^the gateway failed \(1011\)$/],
  [1013, 'resync', /not read quickly enough.*run the command again \(1013 resync\)$/],
  [4401, 'ended', /^the credential has ended \(4401 ended\)$/],
  [1000, '', /^the gateway ended the connection before the command had ended \(1000\)$/],
] as const) {
  test(`closing with ${code} in the middle of a watch is told`, async t => {
    const onCommand = (socket: WebSocket, request: Request) => {
      socket.send(messageFor(request, { pods: [] }))
      socket.close(code, reason)
    }
    const { port } = await fakeGateway(t, { onCommand })
    assert.match(await failureAt(port, { cmd: 'get pods -A -w' }), words)
  })
}

test('a gateway that is gone in the middle of a command is told, and that work goes on', async t => {
  const { port } = await fakeGateway(t, { onCommand: socket => socket.terminate() })
  const env = { KINDGATE_TOKEN: 'kg_any', QBO_PORT: String(port) }
  const { status, err } = await run(t, ['add', 'cluster', 'alex'], env)
  assert.equal(status, 1)
  assert.match(
    err,
    /^kindgate: the connection to the gateway was lost \(1006\)\nThe gateway goes on with what was asked/,
  )
})

const answering =
  (status: number, headers: Record<string, string> = {}, body = ''): RequestListener =>
  (_, response) =>
    void response.writeHead(status, { connection: 'close', ...headers }).end(body)

for (const [status, words, headers, body] of [
  [401, /^401 Unauthorized: the gateway does not take the credential of KINDGATE_TOKEN; check/],
  [403, /^403 Forbidden: .*: This address may not connect\.$/, {}, '{"detail":"This address may not connect."}'],
  [404, /^404 Not Found: at ws:\/\/127.0.0.1:\d+\/qbo is no gateway/],
  [429, /^429 Too Many Requests: .*; try again in 7 s$/, { 'retry-after': '7' }],
  [503, /^503 Service Unavailable: .* not take the connection: Not yet\.$/, {}, '{"detail":"Not yet."}'],
  [301, /elsewhere, at https:\/\/gateway\.example\/qbo$/, { location: 'https://gateway.example/qbo' }],
  [200, /what answers at .* is no gateway$/, {}, '<html>'],
  [502, /^502 Bad Gateway: the gateway does not take the connection$/, {}, `{"detail":"${'x'.repeat(100_000)}"}`],
] as const) {
  test(`an answer of ${status} is told in words`, async t => {
    const { port } = await fakeGateway(t, { onRequest: answering(status, headers, body) })
    assert.match(await failureAt(port), words)
  })
}

test('a refused credential is named, by the real gateway', async t => {
  const { listen } = await setUp(t)
  const port = await listen()
  const env = { QBO_UID: 'ae15b3a3-0a4f-4b0e-8df4-8d2a48e5c6dd', QBO_PORT: String(port) }
  const { status, out, err } = await run(t, ['get', 'pods', '-A'], env)
  assert.deepEqual([status, out], [1, ''])
  assert.match(err, /^kindgate: 401 Unauthorized: the gateway does not take the credential of QBO_UID; check .*\n$/)
})

test('where nothing listens, that is told with the address', async t => {
  const { port } = await closedPort()
  const { status, err } = await run(t, ['version'], { KINDGATE_TOKEN: 'kg_any', QBO_PORT: String(port) })
  assert.equal(status, 1)
  assert.match(
    err,
    new RegExp(`^kindgate: nothing answers at 127.0.0.1:${port} \\(connection refused\\): is the gateway`),
  )
  const local = await run(t, ['version'], { KINDGATE_TOKEN: 'kg_any', KINDGATE_URL: `http://localhost:${port}` })
  assert.match(local.err, /nothing answers at localhost:\d+ \(connection refused\)/)
})

test('a name without an address is told', () => {
  const error = Object.assign(new Error('getaddrinfo ENOTFOUND nobody.invalid'), { code: 'ENOTFOUND' })
  assert.equal(
    describeConnectError(error, 'wss://nobody.invalid/qbo'),
    'no address is known for nobody.invalid (ENOTFOUND)',
  )
})

async function closedPort(): Promise<{ port: number }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  server.close()
  await once(server, 'close')
  return { port: address.port }
}

/** A server that takes connections and says nothing. */
async function silent(t: TestContext): Promise<number> {
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    t.after(() => socket.destroy())
  }).listen(0, '127.0.0.1')
  t.after(() => void server.close())
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}

test('a server that does not answer the handshake is given up', async t => {
  const words = await failureAt(await silent(t), { limits: { connectMs: 50, silenceMs: 10_000 } })
  assert.match(words, /^no answer from 127\.0\.0\.1:\d+ within 0\.05 s$/)
})

test('a gateway that falls silent in the middle of a watch is given up; one that answers pings is not', async t => {
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  const onCommand = (socket: WebSocket, request: Request) => {
    let pings = 0
    socket.on('ping', () => {
      pings += 1
      if (pings < 3) return
      resolve()
      // As if the machine were gone: nothing is answered, nothing is closed.
      socket.pause()
    })
    socket.send(messageFor(request, { pods: [] }))
  }
  const { port } = await fakeGateway(t, { onCommand })
  const failed = failureAt(port, { cmd: 'get pods -A -w', limits: { connectMs: 10_000, silenceMs: 50 } })
  await asked
  assert.match(await failed, /^the gateway is silent/)
})

test('a command that fails is told as the gateway words it', async t => {
  const { listen } = await setUp(t)
  const env = { KINDGATE_TOKEN: tokens.ann, QBO_PORT: String(await listen()) }
  const { status, err } = await run(t, ['delete', 'cluster', 'nobody'], env)
  assert.equal(status, 1)
  assert.match(err, /^kindgate: 404 Not Found: .*nobody.*\n$/)
})

test('the gateway that shuts down ends a watch with status 1', async t => {
  const { engine, server, listen } = await setUp(t)
  engine.putCluster('alex')
  const env = { KINDGATE_TOKEN: tokens.ann, QBO_PORT: String(await listen()) }
  const { child, closed } = await start(t, ['get', 'clusters', '-A', '-w'], env)
  await once(child.stdout, 'data')
  await server.close()
  const { status, err } = await closed
  assert.equal(status, 1)
  assert.match(err, /^kindgate: the gateway is shutting down \(1001/)
})
