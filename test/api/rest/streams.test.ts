import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { mostWatches, tokens } from '../../support/engine.ts'
import { type Harness, problemOf, setUp, until } from '../support.ts'
import { openWatch } from './watching.ts'

const open = ({ engine }: Harness) => engine.mirror.counts().reduce((sum, { watchers }) => sum + watchers, 0)

test('a client that leaves ends its watch', async t => {
  const harness = await setUp(t)
  const watch = await openWatch(await harness.listen(), 'clusters?watch=true')
  assert.equal(open(harness), 1)
  watch.leave()
  await until(() => open(harness) === 0)
  await until(() => harness.engine.clock.sleepers === 0)
})

test('the watch of an operation ends by itself after it has told how the operation ended', async t => {
  const harness = await setUp(t)
  const { id } = harness.engine.putOperation({ state: 'pending' })
  const path = `operations/${id}?watch=true`
  const schema = 'OperationEvent'
  const port = await harness.listen()
  for (const accept of ['application/x-ndjson', 'text/event-stream']) {
    harness.engine.progress(id, { state: 'running', step: 1 })
    const watch = await openWatch(port, path, { schema, headers: { accept } })
    assert.deepEqual(await watch.tell(2), [`ADDED ${id}`, 'BOOKMARK'])
    harness.engine.progress(id, { step: 2, message: '2 of 2' })
    harness.engine.progress(id, { state: 'succeeded' })
    assert.deepEqual(await watch.rest(), [`MODIFIED ${id}`, `MODIFIED ${id}`])
    await until(() => open(harness) === 0)
  }
  const late = await openWatch(port, path, { schema })
  assert.deepEqual(await late.rest(), [`ADDED ${id}`])
})

test('the watch of an operation resumes up to its end, and then there is nothing more', async t => {
  const harness = await setUp(t)
  const first = harness.engine.putOperation({ state: 'running' })
  const url = `/api/v1/operations/${first.id}`
  const last = harness.engine.progress(first.id, { state: 'failed' })
  const port = await harness.listen()
  const resumed = await openWatch(
    port,
    `operations/${first.id}?watch=true&resourceVersion=${first.metadata.resourceVersion}`,
    { schema: 'OperationEvent' },
  )
  assert.deepEqual(await resumed.rest(), [`MODIFIED ${first.id}`])
  const answer = await harness.ask({
    url: `${url}?watch=true`,
    headers: { accept: 'text/event-stream', 'last-event-id': last.metadata.resourceVersion },
  })
  assert.equal(answer.statusCode, 204)
})

test('a server that closes ends its streams', async t => {
  const harness = await setUp(t)
  const port = await harness.listen()
  const watches = await Promise.all([openWatch(port, 'clusters?watch=true'), openWatch(port, 'clusters?watch=true')])
  harness.engine.putCluster('alex')
  await harness.server.close()
  for (const watch of watches) assert.deepEqual(await watch.rest(), ['BOOKMARK', 'ADDED alex'])
  assert.equal(open(harness), 0)
})

test('a user has a bounded number of watches; one that ends makes room', async t => {
  const harness = await setUp(t)
  const port = await harness.listen()
  const watches = await Promise.all(
    Array.from({ length: mostWatches }, () => openWatch(port, 'clusters?watch=true', { as: 'ann' })),
  )
  const url = '/api/v1/nodes?watch=true'
  problemOf(await harness.ask({ url, as: 'ann' }), 429, 'TooManyRequests')
  const others = await openWatch(port, 'clusters?watch=true', { as: 'bob' })
  assert.equal(others.answer.statusCode, 200)
  watches[0]?.leave()
  await until(() => open(harness) === mostWatches)
  const another = await openWatch(port, 'nodes?watch=true', { as: 'ann', schema: 'NodeEvent' })
  assert.equal(another.answer.statusCode, 200)
  for (const watch of [...watches, others, another]) watch.leave()
})

test('watches that were refused take no place', async t => {
  const { ask } = await setUp(t)
  for (let count = 0; count <= mostWatches; count += 1) {
    const answer = await ask({ url: '/api/v1/nodes?watch=true&resourceVersion=1', as: 'ann' })
    problemOf(answer, 410, 'Expired')
  }
})

test('a reader that stands still is told to resync and dropped, holds little memory and slows nobody', async t => {
  const harness = await setUp(t, { engine: { maxBacklogBytes: 256 * 1024 } })
  const { engine, server } = harness
  const port = await harness.listen()
  const accepted: Socket[] = []
  server.server.on('connection', socket => accepted.push(socket))
  const slow = connect(port, '127.0.0.1')
  slow.on('error', () => {})
  await once(slow, 'connect')
  slow.pause()
  slow.write(`GET /api/v1/clusters?watch=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tokens.root}\r\n\r\n`)
  await until(() => open(harness) === 1)
  const [stuck] = accepted
  assert.ok(stuck)
  const brisk = await openWatch(port, 'clusters?watch=true')
  assert.deepEqual(await brisk.tell(1), ['BOOKMARK'])

  const dropped = () => engine.mirror.counts().reduce((sum, counts) => sum + counts.dropped, 0)
  let count = 0
  let most = 0
  while (dropped() === 0) {
    count += 1
    engine.putCluster('alex', { message: `${count} ${'x'.repeat(64 * 1024)}` })
    assert.equal((await brisk.next())?.object.name, 'alex')
    most = Math.max(most, stuck.writableLength)
  }
  assert.ok(most < 512 * 1024, `${most} bytes were held back in the socket`)
  assert.equal(open(harness), 1, 'the brisk reader goes on')

  const gone = once(stuck, 'close')
  await engine.clock.advance(10_000)
  await gone
  slow.destroy()
  brisk.leave()
})
