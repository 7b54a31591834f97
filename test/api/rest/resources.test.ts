import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemOf, setUp } from '../support.ts'

test('each kind of resource is got by its name', async t => {
  const { ask, engine } = await setUp(t)
  const cluster = engine.putCluster('kubeflow_v1_9_0')
  const node = engine.putNode('node-2b251a2c.localhost')
  const network = engine.putNetwork('kindgate-alex')
  const operation = engine.putOperation()
  for (const [path, resource] of [
    ['clusters/kubeflow_v1_9_0', cluster],
    ['nodes/node-2b251a2c.localhost', node],
    ['networks/kindgate-alex', network],
    [`operations/${operation.id}`, operation],
  ] as const) {
    const answer = await ask({ url: `/api/v1/${path}`, as: 'ann' })
    assert.equal(answer.statusCode, 200, path)
    assert.deepEqual(answer.json(), resource)
    problemOf(await ask({ url: `/api/v1/${path}`, as: 'bob' }), 404, 'NotFound')
  }
})

for (const path of [
  'clusters/no-such',
  'clusters/UPPER',
  'clusters/-x',
  'clusters/%00',
  'clusters/%2e%2e',
  'clusters/a%2fb',
  `clusters/${'x'.repeat(300)}`,
  'nodes/no-such',
  'nodes/%F0%9F%98%80',
  'networks/no-such',
  'networks/a%20b',
  'operations/718bef86-7dfe-46c0-bf4e-3dfea83c6c28',
  'operations/1',
  'clusters/__proto__',
  'clusters/no-such/kubeconfig',
]) {
  test(`GET ${path.slice(0, 40)} is 404: a name nobody has, well-formed or not, names nothing`, async t => {
    const { ask } = await setUp(t)
    problemOf(await ask({ url: `/api/v1/${path}` }), 404, 'NotFound')
  })
}

test('commands on ill-formed names are 404 and never reach the engine', async t => {
  const { ask, engine } = await setUp(t)
  for (const [method, path] of [
    ['DELETE', 'clusters/%00'],
    ['POST', 'clusters/UPPER/start'],
    ['DELETE', 'nodes/a%20b'],
  ] as const) {
    problemOf(await ask({ method, url: `/api/v1/${path}` }), 404, 'NotFound')
  }
  assert.deepEqual(engine.calls, [])
})

test('the ETag changes with the resource, and If-None-Match saves sending it again', async t => {
  const { ask, engine } = await setUp(t)
  const url = '/api/v1/clusters/alex'
  engine.putCluster('alex', { state: 'creating' })
  const first = await ask({ url })
  const etag = String(first.headers.etag)
  assert.equal(etag, `"${first.json().metadata.resourceVersion}"`)
  for (const tag of [etag, `W/${etag}`, `"1", ${etag}`, '*']) {
    const again = await ask({ url, headers: { 'if-none-match': tag } })
    assert.equal(again.statusCode, 304, tag)
    assert.equal(again.body, '')
    assert.equal(again.headers.etag, etag)
  }
  engine.putCluster('alex', { state: 'ready' })
  const changed = await ask({ url, headers: { 'if-none-match': etag } })
  assert.equal(changed.statusCode, 200)
  assert.notEqual(changed.headers.etag, etag)
})

test('HEAD answers as GET without a body', async t => {
  const { ask, engine } = await setUp(t)
  engine.putCluster('alex')
  const got = await ask({ url: '/api/v1/clusters/alex' })
  const head = await ask({ method: 'HEAD', url: '/api/v1/clusters/alex' })
  assert.equal(head.statusCode, 200)
  assert.equal(head.body, '')
  assert.equal(head.headers.etag, got.headers.etag)
  assert.equal(head.headers['content-length'], got.headers['content-length'])
})

test('a trailing slash leads to the same resource, another case does not', async t => {
  const { ask, engine } = await setUp(t)
  engine.putCluster('alex')
  assert.equal((await ask({ url: '/api/v1/clusters/alex/' })).statusCode, 200)
  problemOf(await ask({ url: '/api/v1/Clusters/alex' }), 404, 'NotFound')
})

test('the version says what runs where', async t => {
  const { ask, engine } = await setUp(t)
  assert.deepEqual((await ask({ url: '/api/v1/version' })).json(), engine.version())
})

test('workers are added as many as asked for, or as the engine has it without a body', async t => {
  const { ask, engine } = await setUp(t)
  const url = '/api/v1/clusters/alex/nodes'
  assert.equal((await ask({ method: 'POST', url, payload: { count: 2 } })).statusCode, 202)
  assert.equal((await ask({ method: 'POST', url })).statusCode, 202)
  assert.equal((await ask({ method: 'POST', url, headers: { 'content-type': 'application/json' } })).statusCode, 202)
  assert.deepEqual(
    engine.calls.map(({ command, target, body }) => ({ command, target, body })),
    [{ count: 2 }, {}, {}].map(body => ({ command: 'nodes.add', target: 'alex', body })),
  )
})

for (const [method, path, command] of [
  ['DELETE', '', 'nodes.remove'],
  ['POST', '/start', 'nodes.start'],
  ['POST', '/stop', 'nodes.stop'],
] as const) {
  test(`${method} /nodes/{name}${path} commands the node`, async t => {
    const { ask, engine } = await setUp(t)
    const url = `/api/v1/nodes/node-2b251a2c.localhost${path}`
    assert.equal((await ask({ method, url, as: 'ann' })).statusCode, 202)
    assert.deepEqual(engine.calls[0], {
      command,
      principal: 'ann',
      target: 'node-2b251a2c.localhost',
      body: undefined,
      options: {},
    })
  })
}
