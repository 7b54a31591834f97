// How software of this kind has failed elsewhere, each with what shows that it does not here. More of the same is tested
// where it lives: sites and upgrades in test/api/http/origin.test.ts, forwarded headers in proxies.test.ts, logins in
// test/api/login/.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { RouteOptions } from 'fastify'
import { systemClock } from '../../src/clock.ts'
import { connectDocker } from '../../src/drivers/docker/client.ts'
import { createNodeDriver } from '../../src/drivers/docker/containers.ts'
import { newToken } from '../../src/engine/accounts/tokens.ts'
import { canonicalImage, isAllowed, parseAllowList, requireAllowed } from '../../src/engine/images/allow.ts'
import { problemOf, setUp } from '../api/support.ts'
import { tokens } from '../support/engine.ts'

const json = { 'content-type': 'application/json' }

/** What somebody would add to a body to get at the host. */
const smuggled = {
  Binds: ['/:/host'],
  binds: ['/:/host'],
  Mounts: [{ Type: 'bind', Source: '/', Target: '/host' }],
  mounts: [{ type: 'volume', driver: 'local', options: { type: 'none', o: 'bind', device: '/' } }],
  extraMounts: [{ hostPath: '/', containerPath: '/host' }],
  Volumes: { '/host': {} },
  VolumeDriver: 'local',
  VolumesFrom: ['other'],
  HostConfig: { Binds: ['/:/host'], PidMode: 'host' },
  Devices: [{ PathOnHost: '/dev/sda' }],
  CapAdd: ['ALL'],
  Env: ['LD_PRELOAD=/host/evil.so'],
  Entrypoint: ['/bin/sh'],
  kubeadmConfigPatches: ['kind: ClusterConfiguration'],
  containerdConfigPatches: ['[plugins]'],
  __proto__x: {},
  constructor: {},
}

for (const [method, url, body] of [
  ['POST', '/api/v1/clusters', { name: 'alex' }],
  ['PATCH', '/api/v1/clusters/alex', { nodes: 3 }],
  ['POST', '/api/v1/clusters/alex/nodes', { count: 1 }],
] as const) {
  test(`bind mounts: ${method} ${url} takes nothing that leads to the host`, async t => {
    const { ask, engine } = await setUp(t)
    engine.putCluster('alex')
    for (const [key, value] of Object.entries(smuggled)) {
      const payload = JSON.stringify({ ...body, [key]: value })
      const problem = problemOf(await ask({ method, url, payload, headers: json }), 400, 'InvalidRequest')
      assert.ok(
        problem.errors.some(({ where }) => where === `/body/${key}`),
        key,
      )
    }
    const polluting = `{"name":"alex","__proto__":{"Binds":["/:/host"]}}`
    problemOf(await ask({ method, url, payload: polluting, headers: json }), 400, 'InvalidRequest')
    assert.deepEqual(engine.calls, [])
  })
}

/** A Docker daemon on loopback that only takes down what containers it is to make. */
async function listenAsDocker(t: TestContext) {
  const bodies: string[] = []
  const daemon = createServer(async (incoming, outgoing) => {
    const body = await text(incoming)
    if (incoming.method === 'POST') bodies.push(body)
    outgoing.writeHead(incoming.method === 'POST' ? 201 : 404, json).end('{"Id":"1","message":"none"}')
  })
  await once(daemon.listen(0, '127.0.0.1'), 'listening')
  t.after(() => daemon.close())
  const address = daemon.address()
  assert.ok(typeof address === 'object' && address)
  return { host: `tcp://127.0.0.1:${address.port}`, bodies }
}

test('bind mounts: a container mounts what nodes need and nothing else, whatever its specification carries', async t => {
  const { host, bodies } = await listenAsDocker(t)
  const client = await connectDocker({ host, tlsVerify: false, certPath: '' })
  const needs = { deviceMapper: false, fuse: false, privateCgroups: true, proxy: {} }
  const driver = createNodeDriver(client, { clock: systemClock, hostNeeds: async () => needs })
  const spec = {
    ...{ name: 'control-1.localhost', cluster: 'alex', clusterId: 'c', gatewayId: 'g', role: 'control-plane' as const },
    ...{ image: 'sha256:1', network: 'kindgate-alex', address: '172.28.0.2', apiServer: null },
    ...smuggled,
  }
  await driver.create(spec)
  assert.equal(bodies.length, 1)
  const { HostConfig, Volumes, Env, ...rest } = JSON.parse(bodies[0] ?? '')
  assert.deepEqual(HostConfig.Binds, ['/lib/modules:/lib/modules:ro'])
  assert.deepEqual(
    [HostConfig.Mounts, HostConfig.VolumeDriver, HostConfig.VolumesFrom, HostConfig.PidMode, HostConfig.CapAdd],
    [undefined, undefined, undefined, undefined, undefined],
  )
  assert.deepEqual([HostConfig.Devices, Volumes, Env], [[], { '/var': {} }, ['KUBECONFIG=/etc/kubernetes/admin.conf']])
  assert.deepEqual([rest.Entrypoint, rest.Cmd, rest.Mounts], [undefined, undefined, undefined])
})

test('node images: what is not on the allow-list is not run, whatever it calls itself', () => {
  const patterns = parseAllowList('kindest/node:v1.3*')
  assert.ok(isAllowed(canonicalImage('kindest/node:v1.34.4'), patterns))
  for (const image of [
    'evil/node:v1.34.4',
    'kindest/node',
    'kindest/node:v1.29.0',
    'evil.example/kindest/node:v1.34.4',
    'kindest/node-evil:v1.34.4',
    'KINDEST/node:v1.34.4',
    'kindest/node:v1.29.0@v1.34.4',
    'xkindest/node:v1.34.4',
    ' kindest/node:v1.34.4',
    'evil/node:v1#kindest/node:v1.34.4',
  ])
    assert.throws(() => requireAllowed(image, patterns), { name: 'GatewayError' }, image)
})

test('routes: one without a policy stops the start, in every scope, and what no route matches is not open', async t => {
  const { ask, server } = await setUp(t)
  for (const url of [
    '/nothing',
    '/api/v1/nothing',
    '/api/v2/clusters',
    '//api/v1/clusters',
    '/API/V1/clusters',
    '/api/v1/clusters/..%2f',
  ])
    problemOf(await ask({ url, as: null }), 401, 'Unauthorized')
  assert.ok(server.hasRoute({ method: 'GET', url: '/api/v1/clusters' }))
  await assert.rejects(
    setUp(t, {
      routes: to => {
        to.register(async scope => {
          scope.get('/forgotten', async () => 'open to all')
        })
      },
    }),
    /no access policy: GET \/forgotten/,
  )
})

/** Every route, with a note of the handlers that ran. */
async function spied(t: Parameters<typeof setUp>[0]) {
  const ran: string[] = []
  const routes: RouteOptions[] = []
  const harness = await setUp(t, {
    routes: server => {
      server.addHook('onRoute', route => {
        routes.push(route)
        const { handler } = route
        route.handler = function spy(request, reply) {
          ran.push(`${request.method} ${request.routeOptions.url}`)
          return handler.call(this, request, reply)
        }
      })
    },
  })
  const guarded = routes
    .filter(({ config }) => config?.access !== 'public')
    .flatMap(({ method, url, config }) => [method].flat().map(each => ({ method: each, url, access: config?.access })))
  return { ...harness, ran, guarded }
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
const fill = (url: string) => url.replace(':id', '718bef86-7dfe-46c0-bf4e-3dfea83c6c28').replaceAll(/:\w+/g, 'alex')

test('refusals: no handler runs after one', async t => {
  const { ask, ran, guarded, engine } = await spied(t)
  assert.ok(guarded.length > 30, `${guarded.length} routes`)
  const cookie = `qbo_uid=${tokens.root}`
  for (const { method: name, url } of guarded) {
    const method = methods.find(each => each === name)
    if (!method) continue
    const target = fill(url)
    const refusals: [number[], Record<string, string>][] = [
      [[401], {}],
      [[401], { authorization: 'Bearer wrong' }],
      [[401], { authorization: `Basic ${btoa('root:wrong')}` }],
      [[401], { cookie: 'qbo_uid=wrong' }],
      // V-Kube's routes know no cookie: their secret is a header, which no other site can send.
      ...(['GET', 'HEAD', 'OPTIONS'].includes(method) || target.includes('/k8s/')
        ? []
        : [[[403], { cookie, origin: 'https://evil.example' }] satisfies [number[], Record<string, string>]]),
    ]
    for (const [statuses, headers] of refusals) {
      const answer = await ask({ method, url: target, as: null, headers })
      assert.ok(statuses.includes(answer.statusCode), `${method} ${url}: ${answer.statusCode}`)
    }
  }
  assert.deepEqual(ran, [])
  assert.deepEqual(engine.calls, [])
})

test('roles: a route for admins runs no handler for users', async t => {
  const { ask, ran, guarded } = await spied(t)
  for (const { method: name, url, access } of guarded) {
    const method = methods.find(each => each === name)
    if (method && access === 'admin') assert.equal((await ask({ method, url: fill(url), as: 'ann' })).statusCode, 403)
  }
  assert.deepEqual(ran, [])
})

test('guessing: secrets are 256 random bits, and never the same', () => {
  const made = Array.from({ length: 1000 }, newToken)
  assert.equal(new Set(made).size, 1000)
  for (const token of made) assert.match(token, /^kg_[A-Za-z0-9_-]{43}$/)
  const starts = new Set(made.map(token => token.slice(3, 6)))
  assert.ok(starts.size > 900, 'also at the start')
})

test('guessing: what belongs to another is answered as what does not exist', async t => {
  const { ask, engine } = await setUp(t)
  engine.putCluster('alex')
  engine.putNode('node-1')
  const operation = engine.putOperation()
  const without = (text: string, name: string) => text.replaceAll(name, 'X').replaceAll(/"requestId":"[^"]+"/g, '')
  for (const [path, name, none] of [
    ['clusters', 'alex', 'none'],
    ['nodes', 'node-1', 'none-1'],
    ['operations', operation.id, '718bef86-7dfe-46c0-bf4e-3dfea83c6c28'],
  ] as const) {
    const theirs = await ask({ url: `/api/v1/${path}/${name}`, as: 'bob' })
    const missing = await ask({ url: `/api/v1/${path}/${none}`, as: 'bob' })
    assert.equal(theirs.statusCode, 404)
    assert.equal(without(theirs.body, name), without(missing.body, none))
  }
})

test('set-up windows: nothing that makes a first admin is open', async t => {
  const { ask, server } = await setUp(t)
  const printed = server.printRoutes({ commonPrefix: false })
  assert.doesNotMatch(printed, /setup|set-up|install|bootstrap|register|signup|onboard/i)
  for (const url of ['/setup', '/install', '/api/v1/users', '/api/v1/users/admin/tokens', '/api/v1/setup', '/admin'])
    for (const method of ['GET', 'POST', 'PUT'] as const)
      problemOf(await ask({ method, url, as: null, payload: { name: 'admin', admin: true } }), 401, 'Unauthorized')
})

for (const type of [
  'text/plain',
  'text/json',
  'application/jsonp',
  'application/json-patch+json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/merge-patch+json',
  'application/octet-stream',
  'application/json; charset=utf-7',
  'application/json; charset=utf-16',
  'application/json, text/plain',
  'APPLICATION/JSONX',
  ' ',
  '*/*',
]) {
  test(`content types: a body of ${JSON.stringify(type)} never comes past the validation`, async t => {
    const { ask, engine } = await setUp(t)
    for (const payload of ['{"name":"alex","Binds":["/:/host"]}', '{"name":"alex"}']) {
      const answer = await ask({ method: 'POST', url: '/api/v1/clusters', payload, headers: { 'content-type': type } })
      assert.ok([400, 415].includes(answer.statusCode), `${answer.statusCode} ${answer.body}`)
    }
    assert.deepEqual(engine.calls, [])
  })
}

test('content types: whatever is claimed, what is carried out is what the schema allows', async t => {
  const { ask, engine } = await setUp(t)
  const type = fc.oneof(
    fc.constantFrom(
      'application/json',
      'application/json;charset=utf-8',
      'Application/JSON ; a=b',
      'application/json;',
    ),
    fc.stringMatching(/^application\/json[\x20-\x7e]{0,12}$/),
  )
  await fc.assert(
    fc.asyncProperty(type, fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }), async (contentType, extra) => {
      const before = engine.calls.length
      const payload = JSON.stringify({ ...extra, name: 'alex', surely: 'unknown' })
      const answer = await ask({
        method: 'POST',
        url: '/api/v1/clusters',
        payload,
        headers: { 'content-type': contentType },
      })
      assert.ok(answer.statusCode >= 400 && answer.statusCode < 500)
      assert.equal(engine.calls.length, before)
    }),
    { numRuns: 200 },
  )
})

test('bodies: what the policy sees is what is carried out', async t => {
  const { ask, engine } = await setUp(t)
  const send = async (payload: string, headers: Record<string, string> = {}) =>
    ask({ method: 'POST', url: '/api/v1/clusters', payload, headers: { ...json, ...headers } })
  problemOf(await send('{"name":"alex","image":"kindest/node:v1","image":"evil/node"}'), 400, 'InvalidRequest')
  problemOf(await send('{"name":"alex","im\\u0061ge":"a","image":"b"}'), 400, 'InvalidRequest')
  problemOf(await send('{"name":"alex"}{"name":"eve"}'), 400, 'InvalidRequest')
  problemOf(await send('{"name":"alex"}', { 'content-encoding': 'gzip' }), 415, 'UnsupportedMediaType')
  problemOf(await send(`{"name":"alex","labels":{"a":"${'x'.repeat(1024 * 1024)}"}}`), 413, 'PayloadTooLarge')
  problemOf(await send('['.repeat(100_000)), 400, 'InvalidRequest')
  assert.deepEqual(engine.calls, [])
})

test('bodies: one that does not say how long it is ends at the limit', async t => {
  const { listen, engine } = await setUp(t)
  const port = await listen()
  const outgoing = request({
    port,
    path: '/api/v1/clusters',
    method: 'POST',
    agent: false,
    headers: { ...json, authorization: `Bearer ${tokens.root}`, 'transfer-encoding': 'chunked' },
  })
  outgoing.on('error', () => undefined)
  outgoing.write(`{"name":"alex","labels":{"a":"`)
  outgoing.write('x'.repeat(2 * 1024 * 1024))
  outgoing.end('"}}')
  const [answer] = await once(outgoing, 'response')
  assert.equal(answer.statusCode, 413)
  answer.resume()
  outgoing.destroy()
  assert.deepEqual(engine.calls, [])
})

test('tokens: in an address one is no credential, and wherever it comes, no log has it', async t => {
  const { ask, logText } = await setUp(t)
  const token = tokens.root
  for (const name of ['token', 'access_token', 'auth', 'limit', 'anything'])
    problemOf(await ask({ url: `/api/v1/version?${name}=${token}`, as: null }), 401, 'Unauthorized')
  const basic = btoa(`any:${token}`)
  await ask({ url: `/api/v1/version?token=${token}` })
  await ask({ url: '/api/v1/version', as: null, headers: { authorization: `Basic ${basic}` } })
  await ask({ url: '/api/v1/version', as: null, headers: { cookie: `qbo_uid=${token}` } })
  await ask({ url: '/api/v1/clusters', method: 'POST', payload: { name: token }, headers: { 'x-token': token } })
  await ask({ url: `http://any:${token}@gateway/api/v1/version` })
  assert.ok(logText().length > 0)
  for (const secret of [token, basic]) assert.ok(!logText().includes(secret))
})
