import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../../src/errors.ts'
import { base, envelopeOf, startKubeFox, systemBody } from './support.ts'

test('decoding is strict, in the words of the original', async t => {
  const { want } = await startKubeFox(t)
  const bad = (msg: string) => `bad request for config/dev: ${msg}`
  for (const [body, msg] of [
    [{ foo: 1 }, bad('json: unknown field "foo"')],
    [{ components: { db: { type: 'kv', nix: 1 } } }, bad('json: unknown field "nix"')],
    [[], bad('json: cannot unmarshal array into Go value of type struct')],
    [{ secrets: 'x' }, bad('json: cannot unmarshal string into Go struct field Config.secrets of type map')],
    [{ message: 1 }, bad('json: cannot unmarshal number into Go struct field Config.message of type string')],
    [{ kind: 'pod' }, bad('invalid uri: invalid kind pod')],
    [
      { secrets: { a: { b: 1 } } },
      bad('value must be type boolean, number, string, []number, or []string; nested objects are not supported'),
    ],
    [{ secrets: { a: [1, 'x'] } }, bad('array values must be of type number or string')],
    [{ secrets: { a: [true] } }, bad('array values must be of type number or string')],
  ] as const)
    assert.equal((await want(400, 'POST', 'config/dev', body)).msg, msg)
  const json = { 'content-type': 'application/json' }
  assert.equal((await want(400, 'POST', 'config/dev', '', { headers: json })).msg, bad('EOF'))
  assert.equal((await want(400, 'POST', 'config/dev')).msg, bad('unknown content type: '))
  assert.match(
    (await want(400, 'POST', 'config/dev', '{', { headers: json })).msg,
    /^bad request for config\/dev: The body is not valid JSON/,
  )
  assert.match((await want(400, 'POST', 'config/dev', '{"a":1,"a":2}', { headers: json })).msg, /given twice/)
  assert.equal(
    (await want(400, 'POST', 'config/dev', '{}')).msg,
    bad('unknown content type: text/plain; charset=utf-8'),
  )
  for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON'])
    await want(201, 'POST', 'config/dev', '{"secrets":null,"components":{}}', { headers: { 'content-type': type } })
})

test('what breaks a rule is told field by field', async t => {
  const { want } = await startKubeFox(t)
  const config = await want(400, 'POST', 'config/dev', { components: { db: { type: 'bogus' }, kv: {} } })
  assert.equal(config.msg, 'config/dev is invalid')
  assert.deepEqual(config.validationErrors, [
    {
      field: 'config.components[db].type',
      tag: 'oneof',
      type: 'string',
      value: 'bogus',
      expected: 'graphql http kubefox k8s kv object',
    },
    { field: 'config.components[kv].type', tag: 'required', type: 'string', value: '' },
  ])
  const system = await want(400, 'POST', 'system/demo', {
    gitRepo: 'nowhere',
    gitHash: 'A909ECA',
    apps: {
      a: { components: { c: { type: 'http', gitHash: 'aaaaaaa', image: 'x:latest', routes: [{ type: 'tcp' }] } } },
    },
  })
  assert.deepEqual(
    Array.isArray(system.validationErrors) && system.validationErrors.map(({ field, tag }) => `${field} ${tag}`),
    [
      'system.gitRepo uri',
      'system.gitHash gitHash',
      'system.gitRef required',
      'system.apps[a].gitHash required',
      'system.apps[a].components[c].image componentImage',
      'system.apps[a].components[c].routes[0].type oneof',
    ],
  )
  const environment = await want(400, 'POST', 'environment/dev', { config: 'X/y' })
  assert.deepEqual(environment.validationErrors, [
    { field: 'environment.config', tag: 'configRef', type: 'string', value: 'X/y' },
  ])
  await want(200, 'PUT', 'platform/kubefox', {})
  const release = await want(400, 'POST', 'platform/kubefox/release', { system: 'demo/nix/x' })
  assert.deepEqual(release.validationErrors, [
    { field: 'release.system', tag: 'systemRef', type: 'string', value: 'demo/nix/x' },
    { field: 'release.environment', tag: 'required', type: 'string', value: '' },
  ])
})

test('ids of refs are looked at before what they name', async t => {
  const { want } = await startKubeFox(t)
  await want(201, 'POST', 'config/dev', {})
  assert.equal(
    (await want(400, 'POST', 'config/dev/tag/v1', 'xyz')).msg,
    'bad request for config/dev/tag/v1: invalid uri: invalid Id id xyz, should be UUID type',
  )
  await want(400, 'PUT', 'system/demo/branch/main', 'zzz')
  const missing = '5defc4d7-4651-4f2c-a217-a876a30b4042'
  assert.equal((await want(404, 'POST', 'config/dev/tag/v1', missing)).msg, `config/dev/id/${missing} not found`)
  assert.equal((await want(404, 'PUT', 'system/demo/branch/main', 'aaaaaaa')).msg, 'system/demo/id/aaaaaaa not found')
})

test('kinds and refs have aliases, in any case; messages are canonical', async t => {
  const { want } = await startKubeFox(t)
  await want(201, 'POST', 'SYS/demo', systemBody('aaaaaaa'))
  await want(201, 'POST', 'systems/demo/TAGS/v1', 'aaaaaaa')
  assert.equal((await want(200, 'GET', 'sys/demo/ids')).msg, 'listed 1 system/demo/id')
  assert.equal((await want(200, 'GET', 'system/demo/Tag/v1')).msg, 'got system/demo/tag/v1')
  assert.equal((await want(200, 'GET', 'Conf')).msg, 'listed 0 config')
  assert.equal((await want(200, 'GET', 'environments')).msg, 'listed 0 environment')
  await want(200, 'PUT', 'plat/kubefox', { systems: { demo: {} } })
  await want(201, 'POST', 'platforms/kubefox/deployments', { system: 'demo/tags/v1' })
  assert.deepEqual((await want(200, 'GET', 'platform/kubefox/deployment')).data, ['demo/tag/v1'])
})

for (const [method, path] of [
  ['GET', 'nix'],
  ['GET', 'config/UPPER'],
  ['GET', 'config/x'],
  ['GET', `config/${'x'.repeat(31)}`],
  ['GET', 'config/dev/tag/v_1'],
  ['GET', 'config/dev/id/1'],
  ['GET', 'config/dev/nix'],
  ['GET', 'config/dev/tag/v1/more'],
  ['PATCH', 'config/dev'],
  ['PUT', 'config/dev'],
  ['POST', 'config'],
  ['POST', 'platform/kubefox'],
  ['GET', 'platform/kubefox/release/demo'],
  ['GET', 'platform/kubefox/deployment/demo/nix/x'],
  ['GET', ''],
] as const)
  test(`${method} ${path.slice(0, 40)} is nothing that could be there`, async t => {
    const { want } = await startKubeFox(t)
    assert.equal((await want(404, method, path)).msg, 'not found')
  })

test('a method of no path is answered before its body is read', async t => {
  const { server } = await startKubeFox(t)
  for (const method of ['OPTIONS', 'TRACE', 'QUERY'] as const) {
    const request = { method, url: `${base}/config/dev`, headers: { authorization: 'Bearer ann' } }
    const envelope = envelopeOf(await server.inject({ ...request, payload: 'x'.repeat(1024 * 1024 + 1) }))
    assert.deepEqual([envelope.status, envelope.msg], [404, 'not found'])
  }
})

test('errors of every layer come in the envelope', async t => {
  const { want, server, engine } = await startKubeFox(t)
  const none = await want(401, 'GET', 'config', undefined, { as: null })
  assert.match(String(none.headers['www-authenticate']), /Basic realm=/)
  await want(401, 'GET', 'nix/nix', undefined, { as: null })
  await want(401, 'GET', 'config', undefined, { as: null, headers: { authorization: 'Bearer nix' } })
  const big = await want(413, 'POST', 'config/dev', { message: 'x'.repeat(1024 * 1024) })
  assert.match(big.msg, /^bad request for config\/dev/)
  const malformed = await server.inject({ url: `${base}/config/%zz`, headers: { authorization: 'Bearer ann' } })
  assert.equal(envelopeOf(malformed).status, 400)
  const post = await server.inject({
    method: 'POST',
    url: `${base}/config/%`,
    headers: { authorization: 'Bearer ann' },
  })
  assert.equal(envelopeOf(post).status, 400)
  t.mock.method(engine.refs, 'names', () => {
    throw new GatewayError('Unavailable', 'The database is not available now')
  })
  assert.equal((await want(503, 'GET', 'config')).msg, 'error processing config: The database is not available now')
  t.mock.method(engine.refs, 'names', () => {
    throw new GatewayError('TooManyRequests', 'slow down')
  })
  await server.inject({ url: `${base}/config`, headers: { authorization: 'Bearer ann' } })
  t.mock.method(engine.refs, 'names', () => {
    throw new TypeError('secret detail')
  })
  assert.doesNotMatch((await want(500, 'GET', 'config')).msg, /secret/)
})

test('the manners of the fox CLI: an empty Content-Type on GET and DELETE, a type with a charset on refs', async t => {
  const { want } = await startKubeFox(t)
  await want(201, 'POST', 'system/demo', systemBody('aaaaaaa'))
  const headers = { 'content-type': '', accept: 'application/json; charset=utf-8' }
  await want(201, 'POST', 'system/demo/tag/v1', 'aaaaaaa', { headers: { accept: 'application/json; charset=utf-8' } })
  await want(200, 'GET', 'system/demo', undefined, { headers })
  await want(200, 'DELETE', 'system/demo/tag/v1', undefined, { headers })
  await want(201, 'POST', 'system/demo/tag/v1', '"aaaaaaa"'.replaceAll('"', ''), {
    headers: { 'content-type': 'application/json' },
  })
})

test('no body and no path is answered with 5xx', async t => {
  const { ask } = await startKubeFox(t)
  await ask('POST', 'config/dev', {})
  await ask('POST', 'system/demo', systemBody('aaaaaaa'))
  await ask('PUT', 'platform/kubefox', { systems: { demo: {} } })
  await ask('POST', 'platform/kubefox/deployment', { system: 'demo' })
  const word = fc.constantFrom(
    'config',
    'environment',
    'system',
    'platform',
    'dev',
    'demo',
    'kubefox',
    'id',
    'tag',
    'branch',
    'metadata',
    'deployment',
    'release',
    'v1',
    'aaaaaaa',
    'main',
    '%00',
    '%2f',
    '__proto__',
    'constructor',
  )
  const member = fc.constantFrom(
    'kind',
    'metadata',
    'secrets',
    'components',
    'inherits',
    'config',
    'vars',
    'app',
    'gitRepo',
    'gitHash',
    'gitRef',
    'apps',
    'systems',
    'cluster',
    'system',
    'environment',
    'message',
    'status',
    '__proto__',
    'name',
    'title',
    'type',
  )
  const { value } = fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(
        'demo',
        'dev/tag/v1',
        'aaaaaaa',
        'https://x.example/y',
        '\0',
        '\ud800',
        '',
        null,
        true,
        1e308,
        -1,
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(member, tie('value'), { maxKeys: 5 }),
    ),
  }))
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE', 'GET'),
      fc.array(word, { minLength: 1, maxLength: 6 }),
      fc.dictionary(member, value, { maxKeys: 6 }),
      fc.boolean(),
      async (method, path, body, raw) => {
        const send = method === 'GET' || method === 'DELETE' ? undefined : raw ? JSON.stringify(body) : body
        const { status } = await ask(method, path.join('/'), send)
        assert.ok(status < 500, `${status}`)
      },
    ),
    { numRuns: 300 },
  )
})
