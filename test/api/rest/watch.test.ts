import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemOf, setUp } from '../support.ts'
import { openWatch, type Received, short } from './watching.ts'

test('a watch begins with the state, then tells every change', async t => {
  const { engine, listen } = await setUp(t)
  engine.putCluster('alex', { state: 'creating' })
  const watch = await openWatch(await listen(), 'clusters?watch=true')
  assert.equal(watch.answer.statusCode, 200)
  assert.equal(watch.answer.headers['content-type'], 'application/x-ndjson')
  assert.ok(watch.answer.headers['x-request-id'])
  assert.equal(short(await watch.next()), 'ADDED alex')
  const bookmark = await watch.next()
  assert.equal(bookmark?.type, 'BOOKMARK')
  assert.deepEqual(bookmark?.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' })
  engine.putCluster('alex', { state: 'ready' })
  const changed = await watch.next()
  assert.equal(short(changed), 'MODIFIED alex')
  assert.equal(changed?.object.state, 'ready')
  engine.putCluster('beta')
  engine.tables.clusters.remove(engine.putCluster('beta').id)
  assert.deepEqual(await watch.tell(2), ['ADDED beta', 'DELETED beta'])
  watch.leave()
})

test('headers come at once, also when there is nothing to tell', async t => {
  const { ask, listen } = await setUp(t)
  const { metadata } = (await ask({ url: '/api/v1/clusters' })).json()
  const watch = await openWatch(await listen(), `clusters?watch=true&resourceVersion=${metadata.resourceVersion}`)
  assert.equal(watch.answer.statusCode, 200)
  watch.leave()
})

test('a watch resumes from a list, and from every event of another watch, exactly after it', async t => {
  const { engine, ask, listen } = await setUp(t)
  const { metadata } = (await ask({ url: '/api/v1/clusters' })).json()
  for (const state of ['creating', 'ready', 'degraded'] as const) engine.putCluster('alex', { state })
  engine.putCluster('beta')
  engine.tables.clusters.remove(engine.tables.clusters.byName('alex')?.id ?? '')
  const port = await listen()
  const from = (version: string) => openWatch(port, `clusters?watch=true&resourceVersion=${version}`)
  const whole = await from(metadata.resourceVersion)
  const events: Received[] = []
  for (let count = 0; count < 5; count += 1) {
    const event = await whole.next()
    assert.ok(event)
    events.push(event)
  }
  whole.leave()
  const told = events.map(short)
  assert.deepEqual(told, ['ADDED alex', 'MODIFIED alex', 'MODIFIED alex', 'ADDED beta', 'DELETED alex'])
  engine.putCluster('end')
  for (const [index, event] of events.entries()) {
    const watch = await from(event.object.metadata.resourceVersion)
    assert.deepEqual(await watch.tell(5 - index), [...told.slice(index + 1), 'ADDED end'])
    watch.leave()
  }
})

test('Server-Sent Events carry the version as id, and Last-Event-ID goes before the address', async t => {
  const { engine, listen } = await setUp(t)
  const first = engine.putCluster('alex')
  const port = await listen()
  const path = `clusters?watch=true&resourceVersion=${first.metadata.resourceVersion}`
  const accept = 'text/event-stream'
  const watch = await openWatch(port, path, { headers: { accept } })
  assert.equal(watch.answer.headers['content-type'], 'text/event-stream; charset=utf-8')
  engine.putCluster('beta')
  engine.putCluster('gamma')
  const beta = await watch.next()
  assert.equal(beta?.event, 'ADDED')
  assert.equal(beta?.id, beta?.object.metadata.resourceVersion)
  watch.leave()
  const again = await openWatch(port, path, { headers: { accept, 'last-event-id': String(beta?.id) } })
  assert.deepEqual(await again.tell(1), ['ADDED gamma'])
  again.leave()
})

for (const [accept, type] of [
  ['*/*', 'application/x-ndjson'],
  ['application/json', 'application/x-ndjson'],
  ['text/event-stream;q=0.5, application/x-ndjson', 'application/x-ndjson'],
  ['text/*, */*;q=0.1', 'text/event-stream; charset=utf-8'],
  ['application/x-ndjson;q=0.2, text/event-stream;q=0.3', 'text/event-stream; charset=utf-8'],
]) {
  test(`Accept: ${accept} gets ${type}`, async t => {
    const { listen } = await setUp(t)
    const watch = await openWatch(await listen(), 'nodes?watch=true', { headers: { accept: accept ?? '' } })
    assert.equal(watch.answer.headers['content-type'], type)
    watch.leave()
  })
}

test('a watch tells only what its viewer may see and its filters ask for', async t => {
  const { engine, listen } = await setUp(t)
  const port = await listen()
  const watch = await openWatch(port, 'clusters?watch=true&state=ready&labelSelector=team', { as: 'ann' })
  assert.deepEqual(await watch.tell(1), ['BOOKMARK'])
  engine.putCluster('bobs', { owner: 'bob', state: 'ready', labels: { team: 'a' } })
  engine.putCluster('bare', { state: 'ready', labels: {} })
  engine.putCluster('anns', { state: 'creating', labels: { team: 'a' } })
  engine.putCluster('anns', { state: 'ready', labels: { team: 'a' } })
  engine.putCluster('anns', { state: 'ready', labels: { team: 'b' } })
  engine.putCluster('anns', { state: 'failed', labels: { team: 'b' } })
  assert.deepEqual(await watch.tell(3), ['ADDED anns', 'MODIFIED anns', 'DELETED anns'])
  watch.leave()
})

test('a quiet watch gets a bookmark every 15 seconds', async t => {
  const { engine, listen } = await setUp(t)
  const watch = await openWatch(await listen(), 'networks?watch=true', { schema: 'NetworkEvent' })
  assert.deepEqual(await watch.tell(1), ['BOOKMARK'])
  for (let count = 0; count < 3; count += 1) {
    await engine.clock.advance(15_000)
    assert.deepEqual(await watch.tell(1), ['BOOKMARK'])
  }
  watch.leave()
})

test('one resource can be watched, also past its deletion when the watch resumes', async t => {
  const { engine, ask, listen } = await setUp(t)
  const node = engine.putNode('n1')
  const port = await listen()
  problemOf(await ask({ url: '/api/v1/nodes/n2?watch=true' }), 404, 'NotFound')
  problemOf(await ask({ url: '/api/v1/nodes/n1?watch=true', as: 'bob' }), 404, 'NotFound')
  const watch = await openWatch(port, 'nodes/n1?watch=true', { schema: 'NodeEvent', as: 'ann' })
  assert.deepEqual(await watch.tell(2), ['ADDED n1', 'BOOKMARK'])
  engine.putNode('n2')
  engine.tables.nodes.remove(node.id)
  assert.deepEqual(await watch.tell(1), ['DELETED n1'])
  watch.leave()
  const from = `nodes/n1?watch=true&resourceVersion=${node.metadata.resourceVersion}`
  const resumed = await openWatch(port, from, { schema: 'NodeEvent', as: 'ann' })
  assert.deepEqual(await resumed.tell(1), ['DELETED n1'])
  resumed.leave()
})

test('a version that is too old or of the future is 410, before any event', async t => {
  const { engine, ask } = await setUp(t, { engine: { ringSize: 2 } })
  const { metadata } = engine.putCluster('a')
  for (const name of ['b', 'c', 'd', 'e']) engine.putCluster(name)
  for (const version of [metadata.resourceVersion, '1', '9999999999999999']) {
    const answer = await ask({ url: `/api/v1/clusters?watch=true&resourceVersion=${version}` })
    problemOf(answer, 410, 'Expired')
  }
})

for (const [query, where] of [
  ['resourceVersion=abc', '/query/resourceVersion'],
  ['limit=5', '/query/limit'],
  ['continue=abc', '/query/continue'],
  ['labelSelector=a%20in', '/query/labelSelector'],
]) {
  test(`a watch with ${query} is refused`, async t => {
    const { ask } = await setUp(t)
    const answer = await ask({ url: `/api/v1/clusters?watch=true&${query}` })
    assert.equal(problemOf(answer, 400, 'InvalidRequest').errors[0]?.where, where)
  })
}

test('HEAD tells what a watch would be and opens none', async t => {
  const { ask, engine } = await setUp(t)
  const answer = await ask({ method: 'HEAD', url: '/api/v1/clusters?watch=true' })
  assert.equal(answer.statusCode, 200)
  assert.equal(answer.headers['content-type'], 'application/x-ndjson')
  assert.equal(engine.mirror.counts()[0]?.watchers, 0)
})
