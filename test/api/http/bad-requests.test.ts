import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InjectOptions } from 'fastify'
import { problemOf, setUp } from '../support.ts'

type Fault = { where: string; what: string | RegExp }

interface Case {
  what: string
  request: InjectOptions
  status: number
  code: string
  faults?: Fault[]
}

const clusters = '/api/v1/clusters'
const post = (payload: object | string): InjectOptions => ({
  method: 'POST',
  url: clusters,
  payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  headers: { 'content-type': 'application/json' },
})
const patch = (payload: object): InjectOptions => ({ method: 'PATCH', url: `${clusters}/alex`, payload })
const typed = (type: string, payload = '{"name":"alex"}'): InjectOptions => ({
  method: 'POST',
  url: clusters,
  payload,
  headers: { 'content-type': type },
})

const bodies: [string, object | string, Fault[]][] = [
  [
    'an unknown key',
    { name: 'alex', nodez: 3 },
    [
      {
        where: '/body/nodez',
        what: 'the key "nodez" is not known here; known: name, image, nodes, domain, labels, region, retain, kubeconfig',
      },
    ],
  ],
  ['a number as text', { name: 'alex', nodes: '3' }, [{ where: '/body/nodes', what: 'must be a whole number' }]],
  ['a boolean as text', { name: 'alex', retain: 'true' }, [{ where: '/body/retain', what: 'must be true or false' }]],
  ['null for a number', { name: 'alex', nodes: null }, [{ where: '/body/nodes', what: 'must be a whole number' }]],
  ['a fraction', { name: 'alex', nodes: 1.5 }, [{ where: '/body/nodes', what: 'must be a whole number' }]],
  ['too few nodes', { name: 'alex', nodes: 0 }, [{ where: '/body/nodes', what: 'must be at least 1' }]],
  ['too many nodes', { name: 'alex', nodes: 1000 }, [{ where: '/body/nodes', what: 'must be at most 250' }]],
  ['no name', {}, [{ where: '/body/name', what: 'is required' }]],
  ['a name with a capital', { name: 'Alex' }, [{ where: '/body/name', what: /^must match .*: 1 to 63 of a–z/ }]],
  ['a list as name', { name: ['alex'] }, [{ where: '/body/name', what: 'must be one string, given once' }]],
  ['an array', [], [{ where: '/body', what: 'must be an object' }]],
  ['a text', '"alex"', [{ where: '/body', what: 'must be an object' }]],
  ['null', 'null', [{ where: '/body', what: 'must be an object' }]],
  [
    'several faults at once',
    { nodes: 0, retain: 1, x: 2 },
    [
      { where: '/body/name', what: 'is required' },
      { where: '/body/x', what: /^the key "x" is not known here/ },
      { where: '/body/nodes', what: 'must be at least 1' },
      { where: '/body/retain', what: 'must be true or false' },
    ],
  ],
  [
    'a bad label',
    { name: 'alex', labels: { 'a b': 'x', ok: 'not ok' } },
    [
      { where: '/body/labels/a b', what: /^the key "a b" must match / },
      { where: '/body/labels/ok', what: /^must match / },
    ],
  ],
  ['__proto__', '{"name":"alex","__proto__":{"x":1}}', [{ where: '/body/__proto__', what: /^the key "__proto__"/ }]],
  ['a key with a slash', { name: 'alex', 'a/b~c': 1 }, [{ where: '/body/a~1b~0c', what: /^the key "a\/b~c"/ }]],
  ['a key given twice', '{"name":"a","name":"b"}', [{ where: '/body/name', what: 'is given more than once' }]],
  ['JSON cut short', '{"name":', [{ where: '/body', what: /^Unexpected end of JSON input/ }]],
  ['no JSON', 'name=alex', [{ where: '/body', what: /is not valid JSON$/ }]],
  ['no body', '', [{ where: '/body', what: 'is required' }]],
]

const queries: [string, Fault[]][] = [
  ['limit=x', [{ where: '/query/limit', what: 'must be a whole number' }]],
  ['limit=-1', [{ where: '/query/limit', what: 'must be at least 0' }]],
  ['limit=1.5', [{ where: '/query/limit', what: 'must be a whole number' }]],
  ['limit=', [{ where: '/query/limit', what: 'must be a whole number' }]],
  ['limit=1&limit=2', [{ where: '/query/limit', what: 'must be one whole number, given once' }]],
  ['watch=yes', [{ where: '/query/watch', what: 'must be true or false' }]],
  ['colour=red', [{ where: '/query/colour', what: /^the key "colour" is not known here; known: limit, continue/ }]],
  [
    'state=perfect',
    [
      {
        where: '/query/state',
        what: 'must be one of "creating", "ready", "degraded", "stopping", "stopped", "deleting", "failed"',
      },
    ],
  ],
]

const cases: Case[] = [
  ...bodies.map(([what, body, faults]) => ({
    what: `a body with ${what}`,
    request: post(body),
    status: 400,
    code: 'InvalidRequest',
    faults,
  })),
  ...queries.map(([query, faults]) => ({
    what: `?${query}`,
    request: { url: `${clusters}?${query}` },
    status: 400,
    code: 'InvalidRequest',
    faults,
  })),
  {
    what: 'an empty patch',
    request: patch({}),
    status: 400,
    code: 'InvalidRequest',
    faults: [{ where: '/body', what: 'must have at least 1 key; known: nodes, running, labels, region' }],
  },
  { what: 'a bad percent-encoding', request: { url: `${clusters}/%zz` }, status: 400, code: 'InvalidRequest' },
  { what: 'an unknown route', request: { url: '/api/v1/clutters' }, status: 404, code: 'NotFound' },
  {
    what: 'an unknown route with a malformed body',
    request: { ...post('{'), url: '/api/v1/x' },
    status: 404,
    code: 'NotFound',
  },
  { what: 'an unknown version', request: { url: '/api/v2/clusters' }, status: 404, code: 'NotFound' },
  {
    what: 'a path out of the docs',
    request: { url: '/docs/static/..%2f..%2fpackage.json' },
    status: 404,
    code: 'NotFound',
  },
  { what: 'plain text', request: typed('text/plain'), status: 415, code: 'UnsupportedMediaType' },
  {
    what: 'a form',
    request: typed('application/x-www-form-urlencoded', 'name=alex'),
    status: 415,
    code: 'UnsupportedMediaType',
  },
  { what: 'multipart', request: typed('multipart/form-data; boundary=x'), status: 415, code: 'UnsupportedMediaType' },
  { what: 'a lookalike type', request: typed('application/jsonp'), status: 415, code: 'UnsupportedMediaType' },
  { what: 'two types', request: typed('application/json, text/plain'), status: 415, code: 'UnsupportedMediaType' },
  {
    what: 'a type in a parameter',
    request: typed('text/plain; x=application/json'),
    status: 415,
    code: 'UnsupportedMediaType',
  },
  { what: 'a malformed type', request: typed('application'), status: 415, code: 'UnsupportedMediaType' },
  {
    what: 'another charset',
    request: typed('application/json; charset=utf-16'),
    status: 415,
    code: 'UnsupportedMediaType',
  },
  {
    what: 'a merge patch to create',
    request: typed('application/merge-patch+json'),
    status: 415,
    code: 'UnsupportedMediaType',
  },
  {
    what: 'a compressed body',
    request: { ...post({ name: 'alex' }), headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } },
    status: 415,
    code: 'UnsupportedMediaType',
  },
  {
    what: 'a body of more than 1 MiB',
    request: post({ name: 'x'.repeat(1024 * 1024) }),
    status: 413,
    code: 'PayloadTooLarge',
  },
  {
    what: 'bytes that are not UTF-8',
    request: { ...post(''), payload: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) },
    status: 400,
    code: 'InvalidRequest',
    faults: [{ where: '/body', what: 'must be JSON in UTF-8' }],
  },
]

for (const { what, request, status, code, faults } of cases) {
  test(`${what} is refused as ${code}, nothing is done and nothing is an error in the log`, async t => {
    const { ask, engine, logText } = await setUp(t)
    const problem = problemOf(await ask(request), status, code)
    assert.equal(problem.errors.length, faults?.length ?? 0, JSON.stringify(problem.errors))
    for (const [index, { where, what: expected }] of (faults ?? []).entries()) {
      assert.equal(problem.errors[index]?.where, where)
      if (typeof expected === 'string') assert.equal(problem.errors[index]?.what, expected)
      else assert.match(problem.errors[index]?.what ?? '', expected)
    }
    assert.deepEqual(engine.calls, [])
    assert.doesNotMatch(JSON.stringify(problem), /node_modules|\.ts:|\.js:|at Object/)
    assert.match(logText(), new RegExp(`"status":${status}`))
  })
}

test('a body without a type is refused', async t => {
  const { ask, engine } = await setUp(t)
  const answer = await ask({ method: 'POST', url: clusters, payload: Buffer.from('{"name":"alex"}'), headers: {} })
  problemOf(answer, 415, 'UnsupportedMediaType')
  assert.deepEqual(engine.calls, [])
})

test('the faults of a body are listed up to a bound, however many there are', async t => {
  const { ask } = await setUp(t)
  const body = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`key${index}`, 1]))
  const problem = problemOf(await ask(post(body)), 400, 'InvalidRequest')
  assert.equal(problem.errors.length, 33)
  assert.equal(problem.errors.at(-1)?.what, 'has more faults, which are not listed')
})

for (const [method, url, allowed] of [
  ['PUT', clusters, 'GET, HEAD, POST'],
  ['DELETE', clusters, 'GET, HEAD, POST'],
  ['OPTIONS', clusters, 'GET, HEAD, POST'],
  ['POST', `${clusters}/alex`, 'GET, HEAD, PATCH, DELETE'],
  ['GET', `${clusters}/alex/start/`, 'POST'],
  ['POST', '/livez', 'GET, HEAD'],
  ['PATCH', '/docs/static/index.css', 'GET, HEAD'],
  ['TRACE', '/api/v1/nodes/node-1', 'GET, HEAD, DELETE'],
  ['OPTIONS', '/api/v1/users/me', 'GET, HEAD'],
  ['PATCH', '/api/v1/users/me', 'GET, HEAD'],
] as const) {
  test(`${method} ${url} is not allowed, and the answer says what is`, async t => {
    const { ask } = await setUp(t)
    const answer = await ask({ method, url })
    problemOf(answer, 405, 'MethodNotAllowed')
    assert.equal(answer.headers.allow, allowed)
  })
}

test('a method that a path does not have is refused before a body is looked at, and after who asks', async t => {
  const { ask } = await setUp(t)
  for (const [type, payload] of [
    ['application/json', '{"a":'],
    ['text/plain', 'a'],
    ['application/json', JSON.stringify('x'.repeat(1024 * 1024))],
  ] as const) {
    const request = { method: 'PUT', headers: { 'content-type': type }, payload } as const
    problemOf(await ask({ ...request, url: clusters }), 405, 'MethodNotAllowed')
    problemOf(await ask({ ...request, url: '/api/v1/nothing' }), 404, 'NotFound')
    problemOf(await ask({ ...request, url: clusters, as: null }), 401, 'Unauthorized')
  }
})

test('an unexpected error is 500 without a word of what it was, which is in the log', async t => {
  const { ask, engine, log } = await setUp(t, { expectErrors: true })
  engine.failWith(new Error('password=hunter2 at db.internal'))
  const problem = problemOf(await ask(post({ name: 'alex' })), 500, 'Internal')
  assert.doesNotMatch(JSON.stringify(problem), /hunter2|db\.internal|stack/)
  const lines = log().filter(line => line.level >= 50)
  assert.equal(lines.length, 1)
  assert.equal(lines[0]?.reqId, problem.requestId)
  assert.match(JSON.stringify(lines[0]?.err), /db\.internal/)
})

test('whatever is thrown, the answer is a problem', async t => {
  const { ask, engine } = await setUp(t, { expectErrors: true })
  for (const thrown of ['text', null, undefined, 17, { statusCode: 200 }, { statusCode: 599 }]) {
    engine.failWith(thrown)
    problemOf(await ask(post({ name: 'alex' })), 500, 'Internal')
  }
})
