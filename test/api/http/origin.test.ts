import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { takeUpgrade } from '../../../src/api/http/upgrades.ts'
import { tokens } from '../../support/engine.ts'
import { problemOf, setUp } from '../support.ts'

const host = 'gateway.example:9601'
const cookie = `qbo_uid=${tokens.ann}`
const basic = `Basic ${Buffer.from(`any:${tokens.ann}`).toString('base64')}`
const allowedOrigins = ['https://console.example']

async function stop(t: Parameters<typeof setUp>[0], headers: Record<string, string>, trustedProxies: string[] = []) {
  const { ask, engine } = await setUp(t, {
    server: { browsers: { secure: false, allowedOrigins }, trustedProxies },
  })
  const answer = await ask({
    method: 'POST',
    url: '/api/v1/clusters/alex/stop',
    as: null,
    headers: { host, ...headers },
  })
  if (answer.statusCode === 403) problemOf(answer, 403, 'Forbidden')
  return { status: answer.statusCode, carriedOut: engine.calls.length === 1 }
}

const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

const [done, refused] = [
  { status: 202, carriedOut: true },
  { status: 403, carriedOut: false },
]

for (const credential of [{ cookie }, { authorization: basic }]) {
  const by = Object.keys(credential)[0]
  for (const [headers, outcome] of [
    [{}, done],
    [{ origin: `http://${host}` }, done],
    [{ origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }, done],
    [{ 'sec-fetch-site': 'none' }, done],
    [{ origin: `https://${host}` }, done],
    [{ origin: 'https://console.example', 'sec-fetch-site': 'cross-site' }, done],
    [{ origin: 'http://console.example' }, refused],
    [{ origin: 'https://console.example.evil.example' }, refused],
    [{ origin: 'https://evil.example' }, refused],
    [{ origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }, refused],
    [{ origin: `http://${host}`, 'sec-fetch-site': 'cross-site' }, refused],
    [{ 'sec-fetch-site': 'same-site' }, refused],
    [{ 'sec-fetch-site': 'cross-site' }, refused],
    [{ origin: 'null' }, refused],
    [{ origin: '' }, refused],
    [{ origin: 'http://gateway.example:9602' }, refused],
    [{ origin: 'http://gateway.example' }, refused],
    [{ origin: 'file://gateway.example:9601' }, refused],
    [{ origin: `https://evil.example, http://${host}` }, refused],
  ] as const) {
    test(`by ${by}, a change that says ${JSON.stringify(headers)} is answered ${outcome.status}`, async t => {
      assert.deepEqual(await stop(t, { ...credential, ...headers }), outcome)
    })
  }
}

test('what no browser adds by itself may come from anywhere', async t => {
  const headers = {
    authorization: `Bearer ${tokens.ann}`,
    origin: 'https://evil.example',
    'sec-fetch-site': 'cross-site',
  }
  assert.deepEqual(await stop(t, headers), done)
})

test('reading is open to other sites as far as browsers let them', async t => {
  const { ask } = await setUp(t)
  const answer = await ask({ url: '/api/v1/version', as: null, headers: { cookie, origin: 'https://evil.example' } })
  assert.equal(answer.statusCode, 200)
  assert.equal(answer.headers['access-control-allow-origin'], undefined)
})

test("behind a proxy that is believed, the proxy's host is the gateway's own", async t => {
  const forwarded = { 'x-forwarded-host': 'kindgate.example.com', 'x-forwarded-proto': 'https' }
  const own = { cookie, ...forwarded, origin: 'https://kindgate.example.com' }
  assert.deepEqual(await stop(t, own, ['127.0.0.1']), done)
  assert.deepEqual(await stop(t, { ...own, origin: 'http://kindgate.example.com' }, ['127.0.0.1']), refused)
  assert.deepEqual(await stop(t, { ...own, origin: `http://${host}` }, ['127.0.0.1']), refused)
  assert.deepEqual(await stop(t, own), refused)
})

test('no WebSocket opens for another site with the cookies of somebody, whatever its route', async t => {
  const opened: string[] = []
  const harness = await setUp(t, {
    routes: server => {
      for (const access of ['user', 'admin'] as const)
        server.get(`/sockets/${access}`, { config: { access }, schema: { hide: true } }, (request, reply) => {
          opened.push(request.url)
          takeUpgrade(request, reply, ['websocket']).socket.end(
            'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
          )
        })
    },
  })
  const port = await harness.listen()
  const open = async (path: string, headers: Record<string, string>) => {
    const outgoing = request({ port, path, agent: false, headers: { ...upgrade, ...headers } })
    const answered = Promise.withResolvers<number | undefined>()
    outgoing.on('response', answer => answered.resolve(answer.statusCode))
    outgoing.on('upgrade', (_answer, socket) => {
      socket.destroy()
      answered.resolve(101)
    })
    outgoing.on('error', answered.reject)
    outgoing.end()
    const status = await answered.promise
    outgoing.destroy()
    return status
  }
  const byRoot = `qbo_uid=${tokens.root}`
  for (const path of ['/sockets/user', '/sockets/admin']) {
    for (const headers of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'null' },
    ]) {
      assert.equal(await open(path, { cookie: byRoot, ...headers }), 403, path)
      assert.equal(await open(path, headers), 401, path)
    }
  }
  assert.deepEqual(opened, [])
  assert.equal(await open('/sockets/admin', { cookie }), 403, 'no admin')
  assert.equal(await open('/sockets/user', { cookie, origin: `http://localhost:${port}` }), 101)
  assert.equal(await open('/sockets/user', { cookie }), 101, 'a program')
  assert.equal(
    await open('/sockets/admin', { authorization: `Bearer ${tokens.root}`, origin: 'https://evil.example' }),
    101,
  )
})
