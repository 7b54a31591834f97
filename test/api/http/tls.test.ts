import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import https from 'node:https'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import WebSocket, { WebSocketServer } from 'ws'
import { closeServer } from '../../../src/api/http/lifecycle.ts'
import { takeUpgrade } from '../../../src/api/http/upgrades.ts'
import { tokens } from '../../support/engine.ts'
import { setUp, until } from '../support.ts'
import { fixed, issueCertificate } from './certificates.ts'

const certificate = await issueCertificate()
const { ca } = certificate
const agent = new https.Agent({ ca, keepAlive: true })
after(() => agent.destroy())
const authorization = `Bearer ${tokens.root}`
const { HTTP2_HEADER_STATUS: status } = constants

async function serve(t: Parameters<typeof setUp>[0], options: Parameters<typeof setUp>[1] = {}) {
  const harness = await setUp(t, { ...options, server: { ...options?.server, certificate: fixed(certificate) } })
  const port = await harness.listen()
  const session = connect(`https://127.0.0.1:${port}`, { ca })
  t.after(() => session.destroy())
  await once(session, 'connect')
  return { ...harness, port, session }
}

async function ask2(session: ClientHttp2Session, headers: Record<string, string>, body?: string) {
  const stream = session.request({ authorization, ...headers }, { endStream: body === undefined })
  if (body !== undefined) stream.end(body)
  const [answer] = await once(stream, 'response')
  return { headers: answer, body: await text(stream) }
}

async function ask1(port: number, path: string, headers: Record<string, string> = {}) {
  const outgoing = https.get({ port, host: '127.0.0.1', path, agent, headers: { authorization, ...headers } })
  const [answer] = await once(outgoing, 'response')
  return { status: answer.statusCode, version: answer.httpVersion, body: await text(answer) }
}

test('HTTP/2 and HTTP/1.1 are answered alike on one port', async t => {
  const { port, session, engine } = await serve(t)
  engine.putCluster('alex')
  const second = await ask2(session, { ':path': '/api/v1/clusters/alex' })
  const first = await ask1(port, '/api/v1/clusters/alex')
  assert.equal(second.headers[status], 200)
  assert.deepEqual([first.status, first.version], [200, '1.1'])
  assert.deepEqual(JSON.parse(second.body), JSON.parse(first.body))
  assert.equal((await ask2(session, { ':path': '/api/v1/clusters/none' })).headers[status], 404)
  assert.equal((await ask2(session, { ':path': '/api/v1/version', authorization: '' })).headers[status], 401)
})

test('bodies come over HTTP/2, within the same limits', async t => {
  const { session, engine } = await serve(t)
  const headers = { ':method': 'POST', ':path': '/api/v1/clusters', 'content-type': 'application/json' }
  const made = await ask2(session, headers, JSON.stringify({ name: 'alex' }))
  assert.equal(made.headers[status], 202, made.body)
  assert.equal(engine.calls.length, 1)
  const large = await ask2(session, headers, JSON.stringify({ name: 'x'.repeat(1024 * 1024) }))
  assert.equal(large.headers[status], 413, large.body)
})

test('a body that does not come in time ends its stream, not the connection', async t => {
  const { session } = await serve(t, { server: { timeouts: { headersMs: 50, requestMs: 50, checkMs: 10 } } })
  const stream = session.request({
    ':method': 'POST',
    ':path': '/api/v1/clusters',
    'content-type': 'application/json',
    authorization,
  })
  stream.on('error', () => undefined)
  stream.write('{')
  await once(stream, 'close')
  assert.equal((await ask2(session, { ':path': '/api/v1/version' })).headers[status], 200)
})

async function watch(session: ClientHttp2Session): Promise<ClientHttp2Stream> {
  const stream = session.request({ ':path': '/api/v1/clusters?watch=true', authorization })
  stream.on('error', () => undefined)
  const [answer] = await once(stream, 'response')
  assert.equal(answer[status], 200)
  assert.equal(answer.connection, undefined, 'HTTP/2 knows no such header')
  return stream.setEncoding('utf8')
}

test('a watch streams over HTTP/2, and ends with its stream or its connection', async t => {
  const { session, port, engine, ask, log } = await serve(t)
  const open = async () => /kindgate_watches\{kind="clusters"\} (\d+)/.exec((await ask({ url: '/metrics' })).body)?.[1]
  const settle = async (count: string) => {
    while ((await open()) !== count) await new Promise(resolve => setImmediate(resolve))
  }
  const stream = await watch(session)
  let received = ''
  stream.on('data', chunk => {
    received += chunk
  })
  engine.putCluster('alex')
  await until(() => received.includes('"alex"'))
  stream.close(constants.NGHTTP2_CANCEL)
  await settle('0')
  await until(() => log().some(line => line.msg === 'request aborted' && line.remoteAddress === '127.0.0.1'))

  const other = connect(`https://127.0.0.1:${port}`, { ca })
  other.on('error', () => undefined)
  await watch(other)
  await settle('1')
  other.destroy()
  await settle('0')
})

test('WebSockets open over HTTP/1.1 on the same port', async t => {
  const { port } = await serve(t, {
    routes: server => {
      const sockets = new WebSocketServer({ noServer: true })
      server.get('/echo', { config: { access: 'user' }, schema: { hide: true } }, (request, reply) => {
        const { socket, head } = takeUpgrade(request, reply, ['websocket'])
        sockets.handleUpgrade(request.raw, socket, head, peer => {
          peer.on('message', message => peer.send(String(message)))
        })
      })
    },
  })
  const socket = new WebSocket(`wss://127.0.0.1:${port}/echo`, { ca, headers: { authorization } })
  await once(socket, 'open')
  socket.send('hello')
  const [message] = await once(socket, 'message')
  assert.equal(String(message), 'hello')
  socket.close()
  await once(socket, 'close')
})

test('closing ends idle connections of both kinds and streams that are open', async t => {
  const { server, port, session } = await serve(t)
  await ask1(port, '/api/v1/version')
  const stream = await watch(session)
  stream.resume()
  const ended = Promise.all([once(stream, 'close'), once(session, 'close')])
  await closeServer(server, { graceMs: 60_000 })
  await ended
})

test('what is not done in time is cut off, over HTTP/2 too', async t => {
  const begun = Promise.withResolvers<void>()
  const { server, session } = await serve(t, {
    routes: to => {
      to.get('/never', { config: { access: 'public' }, schema: { hide: true } }, () => {
        begun.resolve()
        return new Promise(() => undefined)
      })
    },
  })
  session.on('error', () => undefined)
  const stream = session.request({ ':path': '/never' })
  stream.on('error', () => undefined)
  await begun.promise
  const gone = once(session, 'close')
  await closeServer(server, { graceMs: 1 })
  await gone
})

test('what is no HTTP/2 and no TLS hurts nobody', async t => {
  const { port, session } = await serve(t)
  const plain = fetch(`http://127.0.0.1:${port}/livez`)
  await assert.rejects(plain)
  const socket = connectTls({ port, host: '127.0.0.1', ca, ALPNProtocols: ['h2'] })
  await once(socket, 'secureConnect')
  socket.on('error', () => undefined)
  socket.end('GET / HTTP/1.1\r\n\r\n')
  socket.resume()
  await once(socket, 'close')
  const odd = session.request({ ':method': 'CONNECT', ':authority': 'example.com:443' })
  odd.on('error', () => undefined)
  odd.end()
  odd.resume()
  await once(odd, 'close')
  assert.equal((await ask2(session, { ':path': '*', ':method': 'OPTIONS' })).headers[status], 405)
  assert.equal((await ask2(session, { ':path': '/livez' })).headers[status], 200)
})
