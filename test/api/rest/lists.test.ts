import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemOf, setUp } from '../support.ts'

interface List {
  items: { name: string }[]
  metadata: { resourceVersion: string; continue?: string; stale?: boolean; staleSince?: string }
}

const names = (list: List) => list.items.map(item => item.name)

test('a list has the items, sorted by name, and the version to watch from', async t => {
  const { ask, engine } = await setUp(t)
  engine.putCluster('beta')
  const { metadata } = engine.putCluster('alex')
  const answer = await ask({ url: '/api/v1/clusters' })
  assert.equal(answer.statusCode, 200)
  assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
  const list: List = answer.json()
  assert.deepEqual(names(list), ['alex', 'beta'])
  assert.deepEqual(list.metadata, { resourceVersion: metadata.resourceVersion })
})

test('users see what is theirs, admins everything', async t => {
  const { ask, engine } = await setUp(t)
  engine.putCluster('anns')
  engine.putCluster('bobs', { owner: 'bob' })
  engine.putCluster('nobodys', { owner: null, managedBy: 'kind' })
  const seen = async (as: 'root' | 'ann' | 'bob') => names((await ask({ url: '/api/v1/clusters', as })).json())
  assert.deepEqual(await seen('ann'), ['anns'])
  assert.deepEqual(await seen('bob'), ['bobs'])
  assert.deepEqual(await seen('root'), ['anns', 'bobs', 'nobodys'])
})

test('pages follow each other to the end, whatever is added meanwhile', async t => {
  const { ask, engine } = await setUp(t)
  for (const name of ['a', 'b', 'c', 'd', 'e']) engine.putCluster(name)
  const pages: string[][] = []
  let token: string | undefined
  do {
    const query = { limit: '2', ...(token === undefined ? {} : { continue: token }) }
    const list: List = (await ask({ url: '/api/v1/clusters', query })).json()
    pages.push(names(list))
    engine.putCluster('aa')
    token = list.metadata.continue
  } while (token !== undefined)
  assert.deepEqual(pages, [['a', 'b'], ['c', 'd'], ['e']])
})

for (const [path, query, expected] of [
  ['clusters', { name: 'one' }, ['one']],
  ['clusters', { state: 'failed' }, ['two']],
  ['clusters', { managedBy: 'kind' }, ['three']],
  ['clusters', { managedBy: 'kindgate', state: 'ready' }, ['one']],
  ['clusters', { name: 'no-such' }, []],
  ['clusters', { labelSelector: 'team in (red)' }, ['two']],
  ['clusters', { labelSelector: '!team', managedBy: 'kind' }, ['three']],
  ['nodes', { cluster: 'one' }, ['one-control', 'one-worker']],
  ['nodes', { role: 'control-plane' }, ['one-control']],
  ['nodes', { state: 'exited' }, ['two-worker']],
  ['nodes', { cluster: 'one', role: 'worker' }, ['one-worker']],
  ['clusters/one/nodes', {}, ['one-control', 'one-worker']],
  ['clusters/one/nodes', { role: 'worker' }, ['one-worker']],
  ['networks', { cluster: 'one' }, ['kindgate-one']],
] as const) {
  test(`${path} filtered by ${JSON.stringify(query)}`, async t => {
    const { ask, engine } = await setUp(t)
    engine.putCluster('one', { labels: { team: 'blue' } })
    engine.putCluster('two', { labels: { team: 'red' }, state: 'failed' })
    engine.putCluster('three', { labels: {}, managedBy: 'kind' })
    engine.putNode('one-control', { cluster: 'one', role: 'control-plane' })
    engine.putNode('one-worker', { cluster: 'one' })
    engine.putNode('two-worker', { cluster: 'two', state: 'exited' })
    engine.putNetwork('kindgate-one', { cluster: 'one' })
    engine.putNetwork('kindgate-two', { cluster: 'two' })
    const answer = await ask({ url: `/api/v1/${path}`, query })
    assert.deepEqual(names(answer.json()), expected)
  })
}

test('operations are filtered by cluster, state and action', async t => {
  const { ask, engine } = await setUp(t)
  const made = engine.putOperation({ cluster: 'one', state: 'succeeded' })
  const gone = engine.putOperation({ cluster: 'one', state: 'running', action: 'deleteCluster' })
  engine.putOperation({ cluster: 'two', state: 'running' })
  const seen = async (query: Record<string, string>) =>
    names((await ask({ url: '/api/v1/operations', query })).json()).toSorted()
  assert.deepEqual(await seen({ cluster: 'one' }), [made.id, gone.id].toSorted())
  assert.deepEqual(await seen({ cluster: 'one', state: 'succeeded' }), [made.id])
  assert.deepEqual(await seen({ action: 'deleteCluster' }), [gone.id])
})

test('the nodes of a cluster that one may not see are not found', async t => {
  const { ask, engine } = await setUp(t)
  engine.putCluster('one')
  engine.putNode('one-worker', { cluster: 'one' })
  problemOf(await ask({ url: '/api/v1/clusters/one/nodes', as: 'bob' }), 404, 'NotFound')
  problemOf(await ask({ url: '/api/v1/clusters/two/nodes' }), 404, 'NotFound')
})

test('a list says since when it is stale', async t => {
  const { ask, engine } = await setUp(t)
  engine.tables.nodes.markStale('Docker does not answer', engine.clock.now())
  const { metadata }: List = (await ask({ url: '/api/v1/nodes' })).json()
  assert.equal(metadata.stale, true)
  assert.equal(metadata.staleSince, new Date(engine.clock.now()).toISOString())
})

test('images and processes are lists too', async t => {
  const { ask, engine } = await setUp(t)
  engine.putNode('n1')
  const images = await ask({ url: '/api/v1/images' })
  assert.equal(images.json().items[0].name, 'kindest/node:v1.34.4')
  const processes = await ask({ url: '/api/v1/nodes/n1/processes' })
  assert.equal(processes.json().items[0].command, 'kubelet')
  problemOf(await ask({ url: '/api/v1/nodes/n2/processes' }), 404, 'NotFound')
})

test('images are listed in full on demand, and who does not answer is named', async t => {
  const { ask, engine } = await setUp(t)
  const asked: boolean[] = []
  engine.images.list = async (_principal, { all }) => {
    asked.push(all)
    return { images: [], unanswered: all ? ['kindest/node', 'reg.example/node'] : [] }
  }
  assert.deepEqual((await ask({ url: '/api/v1/images' })).json(), { items: [], metadata: {} })
  assert.deepEqual((await ask({ url: '/api/v1/images?all=true' })).json(), {
    items: [],
    metadata: { stale: true, staleReason: 'no answer from the registry of kindest/node, reg.example/node' },
  })
  assert.deepEqual(asked, [false, true])
  for (const query of ['all=maybe', 'limit=1'])
    problemOf(await ask({ url: `/api/v1/images?${query}` }), 400, 'InvalidRequest')
})

test('a continue token that no list gave is refused', async t => {
  const { ask } = await setUp(t)
  const answer = await ask({ url: '/api/v1/clusters?continue=abc' })
  assert.equal(problemOf(answer, 400, 'InvalidRequest').errors[0]?.where, '/query/continue')
})

test('a malformed label selector is refused, naming the place', async t => {
  const { ask } = await setUp(t)
  const answer = await ask({ url: '/api/v1/nodes', query: { labelSelector: 'a in (b' } })
  assert.equal(problemOf(answer, 400, 'InvalidRequest').errors[0]?.where, '/query/labelSelector')
})
