import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../src/errors.ts'
import { problemOf, setUp } from '../support.ts'

const url = '/api/v1/clusters'

test('creating a cluster answers 202 with the operation and where it is', async t => {
  const { ask, engine } = await setUp(t)
  const payload = { name: 'alex', nodes: 2, labels: { team: 'payments' } }
  const answer = await ask({ method: 'POST', url, payload, as: 'ann' })
  assert.equal(answer.statusCode, 202)
  const { id } = answer.json()
  assert.equal(answer.headers.location, `/api/v1/operations/${id}`)
  assert.deepEqual(engine.calls, [
    { command: 'clusters.create', principal: 'ann', target: undefined, body: payload, options: {} },
  ])
  const operation = await ask({ url: String(answer.headers.location), as: 'ann' })
  assert.deepEqual(operation.json(), answer.json())
})

test('a body reaches the engine as it was sent: no defaults are filled in', async t => {
  const { ask, engine } = await setUp(t)
  await ask({ method: 'POST', url, payload: { name: 'alex' } })
  assert.deepEqual(engine.calls[0]?.body, { name: 'alex' })
})

test('an idempotency key goes to the engine with the command', async t => {
  const { ask, engine } = await setUp(t)
  await ask({ method: 'POST', url, payload: { name: 'alex' }, headers: { 'idempotency-key': 'k-1' } })
  assert.deepEqual(engine.calls[0]?.options, { idempotencyKey: 'k-1' })
})

for (const [what, key] of [
  ['an empty one', ''],
  ['one of more than 255 characters', 'k'.repeat(256)],
  ['one with a space', 'a b'],
]) {
  test(`as idempotency key, ${what} is refused`, async t => {
    const { ask, engine } = await setUp(t)
    const answer = await ask({ method: 'POST', url, payload: { name: 'a' }, headers: { 'idempotency-key': key } })
    assert.equal(problemOf(answer, 400, 'InvalidRequest').errors[0]?.where, '/headers/idempotency-key')
    assert.deepEqual(engine.calls, [])
  })
}

test('what the engine refuses becomes a problem with its code, faults and further members', async t => {
  const { ask, engine } = await setUp(t)
  engine.failWith(
    new GatewayError('ImageNotAllowed', 'The image "evil:1" is not allowed.', {
      faults: [{ where: '/body/image', what: 'must match NODE_IMAGES' }],
      extra: { setting: 'NODE_IMAGES', allowed: ['kindest/node:*'] },
    }),
  )
  const answer = await ask({ method: 'POST', url, payload: { name: 'alex', image: 'evil:1' } })
  const problem = problemOf(answer, 403, 'ImageNotAllowed')
  assert.equal(problem.detail, 'The image "evil:1" is not allowed.')
  assert.equal(problem.instance, url)
  assert.equal(problem.setting, 'NODE_IMAGES')
  assert.deepEqual(problem.allowed, ['kindest/node:*'])
  assert.deepEqual(problem.errors, [{ where: '/body/image', what: 'must match NODE_IMAGES' }])
})

test('further members never replace those of the problem itself', async t => {
  const { ask, engine } = await setUp(t)
  engine.failWith(new GatewayError('AlreadyExists', 'taken', { extra: { status: 200, detail: 'x', code: 'y' } }))
  const problem = problemOf(await ask({ method: 'POST', url, payload: { name: 'alex' } }), 409, 'AlreadyExists')
  assert.equal(problem.detail, 'taken')
})

for (const contentType of ['application/json', 'application/merge-patch+json', 'Application/JSON; charset="UTF-8"']) {
  test(`PATCH takes ${contentType}`, async t => {
    const { ask, engine } = await setUp(t)
    const answer = await ask({
      method: 'PATCH',
      url: `${url}/alex`,
      payload: '{"nodes":5}',
      headers: { 'content-type': contentType },
    })
    assert.equal(answer.statusCode, 202)
    assert.deepEqual(engine.calls[0], {
      command: 'clusters.patch',
      principal: 'root',
      target: 'alex',
      body: { nodes: 5 },
      options: {},
    })
  })
}

for (const [method, path, command] of [
  ['DELETE', '/alex', 'clusters.remove'],
  ['POST', '/alex/start', 'clusters.start'],
  ['POST', '/alex/stop', 'clusters.stop'],
] as const) {
  test(`${method} ${path} gives the command and what its headers ask`, async t => {
    const { ask, engine } = await setUp(t)
    const answer = await ask({ method, url: url + path, headers: { 'if-match': '"17"' } })
    assert.equal(answer.statusCode, 202)
    assert.deepEqual(engine.calls, [
      { command, principal: 'root', target: 'alex', body: undefined, options: { ifMatch: '17' } },
    ])
  })

  test(`${method} ${path} takes an empty body of any type, and an empty object`, async t => {
    const { ask, engine } = await setUp(t)
    for (const [payload, type] of [
      ['', 'application/json'],
      ['', 'application/x-www-form-urlencoded'],
      ['{}', 'application/json'],
    ]) {
      const headers = { 'content-type': type, 'content-length': String(payload?.length) }
      const answer = await ask({ method, url: url + path, headers, ...(payload ? { payload } : {}) })
      assert.equal(answer.statusCode, 202, `${payload} as ${type}: ${answer.body}`)
    }
    assert.equal(engine.calls.length, 3)
  })

  test(`${method} ${path} refuses a body, as nothing of it would be heeded`, async t => {
    const { ask, engine } = await setUp(t)
    const answer = await ask({ method, url: url + path, payload: { force: true } })
    assert.deepEqual(problemOf(answer, 400, 'InvalidRequest').errors, [{ where: '/body', what: 'must be empty' }])
    assert.deepEqual(engine.calls, [])
  })
}

test('If-Match: * asks for no version, a weak tag matches none, anything else is refused', async t => {
  const { ask, engine } = await setUp(t)
  const remove = (tag: string) => ask({ method: 'DELETE', url: `${url}/alex`, headers: { 'if-match': tag } })
  assert.equal((await remove('*')).statusCode, 202)
  assert.deepEqual(engine.calls[0]?.options, {})
  problemOf(await remove('W/"17"'), 412, 'PreconditionFailed')
  for (const tag of ['17', '"1", "2"', '"unclosed', '']) {
    assert.equal(problemOf(await remove(tag), 400, 'InvalidRequest').errors[0]?.where, '/headers/if-match')
  }
  assert.equal(engine.calls.length, 1)
})

test('the kubeconfig is YAML, and nobody may keep it', async t => {
  const { ask, engine } = await setUp(t)
  engine.putCluster('alex')
  const answer = await ask({ url: `${url}/alex/kubeconfig`, as: 'ann' })
  assert.equal(answer.statusCode, 200)
  assert.equal(answer.headers['content-type'], 'application/yaml')
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.match(answer.body, /^apiVersion: v1\nkind: Config\n/)
  problemOf(await ask({ url: `${url}/alex/kubeconfig`, as: 'bob' }), 404, 'NotFound')
})
