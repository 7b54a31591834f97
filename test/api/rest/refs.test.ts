import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ref } from '../../../src/engine/refs/schema.ts'
import { ann, bob } from '../../support/engine-on-simulated.ts'
import { type Served, startServed, type User } from '../served.ts'
import { openWatch } from './watching.ts'

const system = (gitHash: string) => ({
  gitRepo: 'https://x.example/demo.git',
  gitHash,
  gitRef: 'branch/main',
  apps: { a: { gitHash, components: { hello: { type: 'kubefox', gitHash, image: `x.example/hello:${gitHash}` } } } },
})

async function fill({ engine, create }: Served): Promise<void> {
  const { refs, platforms } = engine
  await create({ name: 'alex', nodes: 1 })
  await refs.create(ann, 'config', 'dev', { secrets: { password: 'sshhhh' } })
  await refs.create(ann, 'environment', 'dev', { config: 'dev', vars: { who: 'John' } })
  await refs.create(ann, 'system', 'demo', system('aaaaaaa'))
  await refs.moveBranch({ principal: ann, name: 'demo', branch: 'main', id: 'aaaaaaa' })
  await platforms.put(ann, 'kubefox', { cluster: 'alex', systems: { demo: {} } })
  await platforms.deploy(ann, 'kubefox', { system: 'demo/branch/main' })
  await platforms.release(ann, 'kubefox', { system: 'demo/branch/main', environment: 'dev' })
}

const release = 'platform/kubefox/release/demo/dev'
const deployment = 'platform/kubefox/deployment/demo/branch/main'

async function names(served: Served, query = '', as: User = 'ann'): Promise<string[]> {
  const answer = await served.ask(as, { url: `/api/v1/refs${query}` })
  assert.equal(answer.statusCode, 200, answer.body)
  const { items }: { items: Ref[] } = answer.json()
  return items.map(item => item.name)
}

const isReady = (served: Served, name: string) => served.engine.tables.refs.byName(name)?.ready === true

test('every kind is listed with what is known of it, and none of its contents', async t => {
  const served = await startServed(t)
  await fill(served)
  await served.until(() => isReady(served, release) && isReady(served, deployment))
  const answer = await served.ask('ann', { url: '/api/v1/refs' })
  assert.ok(!answer.body.includes('sshhhh') && !answer.body.includes('John'))
  const items: Ref[] = answer.json().items
  const seen = Object.fromEntries(
    items.map(({ name, kind, owner, head, systemId, namespace, ready, components }) => [
      name,
      { kind, owner, head: head === null ? null : head.length, systemId, namespace, ready, components },
    ]),
  )
  const nothing = { owner: 'ann', head: null, systemId: null, namespace: null, ready: null, components: null }
  const components = { 'hello-aaaaaaa': { ready: true } }
  assert.deepEqual(seen, {
    'config/dev': { ...nothing, kind: 'config', head: 36 },
    'environment/dev': { ...nothing, kind: 'environment', head: 36 },
    'system/demo': { ...nothing, kind: 'system', head: 7 },
    [deployment]: {
      ...nothing,
      kind: 'deployment',
      systemId: 'aaaaaaa',
      namespace: 'kfs-kubefox-demo',
      ready: true,
      components,
    },
    [release]: {
      ...nothing,
      kind: 'release',
      systemId: 'aaaaaaa',
      namespace: 'kfr-demo-dev',
      ready: true,
      components,
    },
  })
})

test('filters', async t => {
  const served = await startServed(t)
  await fill(served)
  await served.until(() => isReady(served, release) && isReady(served, deployment))
  const both = [deployment, release].sort()
  for (const [query, expected] of [
    ['?kind=config', ['config/dev']],
    ['?kind=environment', ['environment/dev']],
    ['?kind=system', ['system/demo']],
    ['?kind=deployment', [deployment]],
    ['?kind=release', [release]],
    ['?platform=kubefox', both],
    ['?platform=other', []],
    ['?system=demo/branch/main', both],
    ['?environment=dev', [release]],
    ['?ready=true', both],
    ['?ready=false', []],
    [`?name=${release}`, [release]],
    ['?kind=release&ready=false', []],
  ] as const)
    assert.deepEqual((await names(served, query)).sort(), [...expected], query)
  for (const query of ['?kind=platform', '?ready=maybe', '?color=red'])
    assert.equal((await served.ask('ann', { url: `/api/v1/refs${query}` })).statusCode, 400, query)
})

test("others' refs are not shown, neither listed nor watched; admins see all", async t => {
  const served = await startServed(t)
  await fill(served)
  assert.deepEqual(await names(served, '', 'bob'), [])
  assert.equal((await names(served, '', 'root')).length, 5)
  const port = await served.listen()
  const open = (as: User) =>
    openWatch(port, 'refs?watch=true&kind=config', {
      schema: 'RefEvent',
      headers: { authorization: `Bearer ${served.tokens[as]}` },
    })
  const [bobs, roots] = [await open('bob'), await open('root')]
  assert.deepEqual(await bobs.tell(1), ['BOOKMARK'])
  assert.deepEqual(await roots.tell(2), ['ADDED config/dev', 'BOOKMARK'])
  await served.engine.refs.create(ann, 'config', 'more', {})
  await served.engine.refs.create(bob, 'config', 'bobs', {})
  assert.deepEqual(await bobs.tell(1), ['ADDED config/bobs'])
  assert.deepEqual(await roots.tell(2), ['ADDED config/more', 'ADDED config/bobs'])
  for (const watch of [bobs, roots]) watch.leave()
  assert.equal((await served.ask(null, { url: '/api/v1/refs' })).statusCode, 401)
})

test('a watch sees creation, metadata, a branch that moves with its release, and deletion', async t => {
  const served = await startServed(t)
  await fill(served)
  const { refs, platforms } = served.engine
  await served.until(() => isReady(served, release) && isReady(served, deployment))
  const watch = await openWatch(await served.listen(), 'refs?watch=true', {
    schema: 'RefEvent',
    headers: { authorization: `Bearer ${served.tokens.ann}` },
  })
  assert.equal((await watch.tell(6)).at(-1), 'BOOKMARK')
  /** The next event of that name that is as wanted. */
  const next = async (type: string, name: string, holds: (ref: Record<string, unknown>) => boolean = () => true) => {
    for (let event = await watch.next(); event; event = await watch.next())
      if (event.type === type && event.object.name === name && holds({ ...event.object })) return
    assert.fail('the watch has ended')
  }
  await refs.create(ann, 'environment', 'new', {})
  await next('ADDED', 'environment/new', ref => String(ref.head).length === 36)
  await refs.setMetadata({ principal: ann, kind: 'environment', name: 'new', metadata: { title: 'T' }, how: 'put' })
  await next('MODIFIED', 'environment/new', ref => ref.title === 'T')
  await refs.remove({ principal: ann, kind: 'environment', name: 'new' })
  await next('DELETED', 'environment/new')

  await refs.create(ann, 'system', 'demo', system('bbbbbbb'))
  await next('MODIFIED', 'system/demo', ref => ref.head === 'bbbbbbb')
  await refs.moveBranch({ principal: ann, name: 'demo', branch: 'main', id: 'bbbbbbb' })
  await next('MODIFIED', release, ref => ref.systemId === 'bbbbbbb' && ref.ready === false)
  await next('MODIFIED', release, ref => ref.systemId === 'bbbbbbb' && ref.ready === true)

  await platforms.removeRelease(ann, { platform: 'kubefox', system: 'demo', environment: 'dev' })
  await next('DELETED', release)
  await platforms.removeDeployment(ann, 'kubefox', { name: 'demo', type: 'branch', ref: 'main' })
  await next('DELETED', deployment)
  watch.leave()
})
