import assert from 'node:assert/strict'
import { test } from 'node:test'
import { root } from '../../support/engine-on-simulated.ts'
import { idOf, member, startKubeFox, systemBody } from './support.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

test('every POST makes an instance with an id of its own, and the latest is the head', async t => {
  const { want } = await startKubeFox(t)
  const first = await want(201, 'POST', 'config/dev', { components: { db: { type: 'kv' } } })
  const second = await want(201, 'POST', 'config/dev', { components: { db: { type: 'kv' } } })
  assert.match(idOf(first), uuid)
  assert.equal(first.msg, `created config/dev/id/${idOf(first)}`)
  assert.notEqual(idOf(first), idOf(second))
  const head = await want(200, 'GET', 'config/dev')
  assert.equal(head.msg, 'got config/dev')
  assert.deepEqual(head.data, second.data)
  assert.deepEqual(head.data, {
    id: idOf(second),
    kind: 'Config',
    apiVersion: 'admin.kubefox.io/v1alpha1',
    components: { db: { type: 'kv' } },
    status: {},
    metadata: { name: 'dev' },
  })
  const old = await want(200, 'GET', `config/dev/id/${idOf(first)}`)
  assert.deepEqual(old.data, first.data)
  assert.deepEqual((await want(200, 'GET', 'config/dev/id')).data, [idOf(first), idOf(second)].sort())
})

test("an empty body is legal, and the server's own fields are not taken from it", async t => {
  const { want } = await startKubeFox(t)
  const made = await want(201, 'POST', 'environment/dev', {
    id: 'x',
    kind: 'env',
    apiVersion: 'other/v1',
    metadata: { name: 'other', title: 'T' },
    status: { releases: [] },
    message: 'why',
  })
  const { id, ...rest } = Object(made.data)
  assert.match(id, uuid)
  assert.deepEqual(rest, {
    kind: 'Environment',
    apiVersion: 'other/v1',
    message: 'why',
    status: {},
    metadata: { name: 'dev' },
  })
})

test('tags are made by POST and PUT, never move, and can be deleted any number of times', async t => {
  const { want } = await startKubeFox(t)
  const first = idOf(await want(201, 'POST', 'config/dev', {}))
  const second = idOf(await want(201, 'POST', 'config/dev', {}))
  const made = await want(201, 'POST', 'config/dev/tag/v1.0', first)
  assert.equal(made.msg, 'created config/dev/tag/v1.0')
  assert.equal(made.data, undefined)
  await want(200, 'POST', 'config/dev/tag/v1.0', first)
  await want(200, 'PUT', 'config/dev/tag/v1.0', first)
  for (const method of ['POST', 'PUT'])
    assert.equal((await want(409, method, 'config/dev/tag/v1.0', second)).msg, 'config/dev/tag/v1.0 exists')
  await want(201, 'PUT', 'config/dev/tag/v2', second)
  assert.deepEqual((await want(200, 'GET', 'config/dev/tag')).data, ['v1.0', 'v2'])
  assert.equal(idOf(await want(200, 'GET', 'config/dev/tag/v1.0')), first)
  assert.equal((await want(200, 'DELETE', 'config/dev/tag/v1.0')).msg, 'deleted config/dev/tag/v1.0')
  await want(200, 'DELETE', 'config/dev/tag/v1.0')
  assert.equal((await want(404, 'GET', 'config/dev/tag/v1.0')).msg, 'config/dev/tag/v1.0 not found')
  await want(201, 'POST', 'config/dev/tag/v1.0', second)
})

test('branches move; only systems have them', async t => {
  const { want } = await startKubeFox(t)
  await want(201, 'POST', 'system/demo', systemBody('aaaaaaa'))
  await want(201, 'POST', 'system/demo', systemBody('bbbbbbb'))
  for (const id of ['aaaaaaa', 'bbbbbbb', 'bbbbbbb']) {
    assert.equal((await want(200, 'PUT', 'system/demo/branch/main', id)).msg, 'put system/demo/branch/main')
    assert.equal(idOf(await want(200, 'GET', 'system/demo/branch/main')), id)
  }
  assert.deepEqual((await want(200, 'GET', 'system/demo/branches')).data, ['main'])
  for (const [method, path] of [
    ['POST', 'system/demo/branch/main'],
    ['PUT', 'config/dev/branch/main'],
    ['GET', 'environment/dev/branch'],
  ] as const)
    assert.equal((await want(404, method, path, 'aaaaaaa')).msg, 'not found')
  await want(200, 'DELETE', 'system/demo/branch/main')
  await want(404, 'GET', 'system/demo/branch/main')
})

test('a system is known by its commit: again is 409, the short form stands for the whole hash', async t => {
  const { want } = await startKubeFox(t)
  const whole = 'a909eca0123456789a909eca0123456789a909ec'
  const made = await want(201, 'POST', 'system/demo', systemBody(whole))
  assert.equal(made.msg, `created system/demo/id/${whole}`)
  assert.equal((await want(409, 'POST', 'system/demo', systemBody(whole))).msg, `system/demo/id/${whole} exists`)
  await want(409, 'POST', 'system/demo', systemBody('a909eca'))
  assert.equal(idOf(await want(200, 'GET', 'system/demo/id/a909eca')), whole)
  await want(404, 'GET', `system/demo/id/${'a909eca'.padEnd(40, '0')}`)
  await want(201, 'POST', 'system/demo/tag/v1', 'a909eca')
  await want(200, 'POST', 'system/demo/tag/v1', whole)
  assert.deepEqual((await want(200, 'GET', 'system/demo/id')).data, [whole])
})

test('metadata is replaced by PUT, changed by PATCH, and shown with every instance', async t => {
  const { want } = await startKubeFox(t)
  await want(404, 'GET', 'environment/dev/metadata')
  const put = await want(200, 'PUT', 'environment/dev/metadata', { metadata: { title: 'Dev', description: 'd' } })
  assert.equal(put.msg, 'put environment/dev/metadata')
  await want(404, 'GET', 'environment/dev')
  await want(201, 'POST', 'environment/dev', { metadata: { title: 'not taken' } })
  assert.deepEqual(member((await want(200, 'GET', 'environment/dev')).data, 'metadata'), {
    name: 'dev',
    title: 'Dev',
    description: 'd',
  })
  await want(200, 'PATCH', 'environment/dev/metadata', { metadata: { name: 'dev', title: 'Development' } })
  assert.deepEqual((await want(200, 'GET', 'environment/dev/metadata')).data, {
    kind: 'Environment',
    apiVersion: 'admin.kubefox.io/v1alpha1',
    metadata: { name: 'dev', title: 'Development', description: 'd' },
  })
  await want(200, 'PUT', 'environment/dev/metadata', { metadata: {} })
  assert.deepEqual(member((await want(200, 'GET', 'environment/dev')).data, 'metadata'), { name: 'dev' })
  const wrong = await want(400, 'PUT', 'environment/dev/metadata', { metadata: { name: 'other' } })
  assert.deepEqual(wrong.validationErrors, {})
})

test('what is used cannot be deleted, and says by whom', async t => {
  const { want } = await startKubeFox(t)
  const config = idOf(await want(201, 'POST', 'config/dev', { secrets: { a: 'b' } }))
  await want(201, 'POST', 'config/dev/tag/v1', config)
  const parent = idOf(await want(201, 'POST', 'environment/base', {}))
  await want(201, 'POST', 'environment/base/tag/v1', parent)
  const child = idOf(await want(201, 'POST', 'environment/dev', { config: 'dev/tag/v1', inherits: 'base/tag/v1' }))
  for (const path of ['config/dev/tag/v1', 'config/dev', 'environment/base/tag/v1', 'environment/base'])
    assert.equal(
      (await want(400, 'DELETE', path)).msg,
      `cannot delete ${path}: environment/dev/id/${child} requires ${path}`,
    )
  assert.equal(
    (await want(400, 'DELETE', `config/dev/id/${config}`)).msg,
    `bad request for config/dev/id/${config}: cannot delete ref of type Id`,
  )
  await want(200, 'DELETE', 'environment/dev')
  await want(200, 'DELETE', 'environment/base')
  assert.equal((await want(200, 'DELETE', 'config/dev')).msg, 'deleted config/dev')
  assert.equal((await want(404, 'DELETE', 'config/dev')).msg, 'config/dev not found')
  assert.deepEqual((await want(200, 'GET', 'config')).data, [])
  assert.deepEqual((await want(200, 'GET', 'config/dev/tag')).data, [])
})

test('an environment that inherits from one of its own older instances can be deleted', async t => {
  const { want } = await startKubeFox(t)
  const old = idOf(await want(201, 'POST', 'environment/dev', { vars: { a: 1 } }))
  await want(201, 'POST', 'environment/dev/tag/v1', old)
  await want(201, 'POST', 'environment/dev', { inherits: `dev/id/${old}` })
  await want(201, 'POST', 'environment/dev', { inherits: 'dev/tag/v1' })
  await want(200, 'DELETE', 'environment/dev')
})

test("an environment's effective variables are its ancestors' under its own; heads float", async t => {
  const { want } = await startKubeFox(t)
  await want(201, 'POST', 'config/secret', { secrets: {} })
  await want(201, 'POST', 'environment/base', {
    config: 'secret',
    vars: { a: 1, b: 1, list: ['x', 'y'] },
    app: { vars: { q: true } },
  })
  await want(201, 'POST', 'environment/mid', { inherits: 'base', vars: { b: 2, c: 2 } })
  await want(201, 'POST', 'environment/dev', { inherits: 'mid', vars: { c: 3 } })
  const effective = async () => Object((await want(200, 'GET', 'environment/dev?effective=true')).data)
  assert.deepEqual((await effective()).vars, { a: 1, b: 2, c: 3, list: ['x', 'y'] })
  assert.deepEqual((await effective()).app, { vars: { q: true } })
  assert.equal((await effective()).config, 'secret')
  assert.deepEqual(member((await want(200, 'GET', 'environment/dev')).data, 'vars'), { c: 3 })
  await want(201, 'POST', 'environment/base', { vars: { a: 9 } })
  assert.deepEqual((await effective()).vars, { a: 9, b: 2, c: 3 })
})

test('a parent that is missing and one that leads back are 400, and nothing of it is left', async t => {
  const { want } = await startKubeFox(t)
  const missing = await want(400, 'POST', 'environment/dev', { inherits: 'base/tag/v1' })
  assert.equal(missing.msg, 'bad request for environment/dev: resource not found: environment/base/tag/v1')
  await want(400, 'POST', 'environment/dev', { config: 'nix' })
  await want(400, 'POST', 'environment/dev', { inherits: 'dev' })
  assert.deepEqual((await want(200, 'GET', 'environment')).data, [])
  await want(201, 'POST', 'environment/base', {})
  const child = idOf(await want(201, 'POST', 'environment/dev', { inherits: 'base' }))
  assert.match((await want(400, 'POST', 'environment/base', { inherits: 'dev' })).msg, /inherits from itself/)
  assert.match(
    (await want(400, 'POST', 'environment/base', { inherits: `dev/id/${child}` })).msg,
    /inherits from itself/,
  )
  assert.equal(Object((await want(200, 'GET', 'environment/base')).data).inherits, undefined)
})

test('secrets come back redacted unless asked for, and lie encrypted in the database', async t => {
  const { want, store, engine } = await startKubeFox(t)
  const made = await want(201, 'POST', 'config/dev', { secrets: { password: 'sshhhh', pins: [1, 2] } })
  const hidden = { password: '[redacted]', pins: '[redacted]' }
  assert.deepEqual(member(made.data, 'secrets'), hidden)
  assert.deepEqual(member((await want(200, 'GET', 'config/dev')).data, 'secrets'), hidden)
  const shown = await want(200, 'GET', 'config/dev?reveal=true')
  assert.deepEqual(member(shown.data, 'secrets'), { password: 'sshhhh', pins: [1, 2] })
  await want(404, 'GET', 'config/dev?reveal=true', undefined, { as: 'bob' })
  const rows = await store.sql`select body::text, secrets from kubefox_instances`
  assert.doesNotMatch(JSON.stringify(rows), /sshhhh/)
  await want(400, 'GET', 'config/dev?reveal=yes')
  const audit = engine.tables.audit
  const noted = () => audit.list({ viewer: root, filter: entry => entry.action === 'kubefoxReveal' }).items
  while (noted().length === 0) await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(
    noted().map(({ actor, resource }) => ({ actor, resource })),
    [{ actor: 'ann', resource: 'config/dev' }],
  )
})

test("somebody else's resource looks like none, and its name is taken", async t => {
  const { want } = await startKubeFox(t)
  const id = idOf(await want(201, 'POST', 'config/dev', {}))
  await want(201, 'POST', 'config/dev/tag/v1', id)
  const as = { as: 'bob' } as const
  assert.equal((await want(404, 'GET', 'config/dev', undefined, as)).msg, 'config/dev not found')
  await want(404, 'GET', 'config/dev/tag/v1', undefined, as)
  await want(404, 'DELETE', 'config/dev', undefined, as)
  await want(404, 'POST', 'config/dev/tag/v2', id, as)
  assert.deepEqual((await want(200, 'GET', 'config', undefined, as)).data, [])
  assert.deepEqual((await want(200, 'GET', 'config/dev/tag', undefined, as)).data, [])
  await want(200, 'DELETE', 'config/dev/tag/v1', undefined, as)
  assert.equal((await want(409, 'POST', 'config/dev', {}, as)).msg, 'config/dev exists')
  await want(409, 'PUT', 'config/dev/metadata', { metadata: {} }, as)
  await want(400, 'POST', 'environment/mine', { config: 'dev' }, as)
  assert.deepEqual((await want(200, 'GET', 'config/dev/tag')).data, ['v1'])
  await want(200, 'GET', 'config/dev', undefined, { as: 'root' })
})

test('ten thousand tags are listed sorted', async t => {
  const { want, store } = await startKubeFox(t)
  const id = idOf(await want(201, 'POST', 'config/dev', {}))
  await store.sql`
    insert into kubefox_refs (kind, name, type, ref, instance)
    select 'config', 'dev', 'tag', 'v1.' || n, ${id} from generate_series(1, 10000) n`
  const { msg, data } = await want(200, 'GET', 'config/dev/tag')
  assert.equal(msg, 'listed 10000 config/dev/tag')
  assert.ok(Array.isArray(data))
  assert.deepEqual(data, data.toSorted())
})
