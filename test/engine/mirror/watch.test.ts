import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { ndjson, sse } from '../../../src/engine/mirror/formats.ts'
import { createMirror } from '../../../src/engine/mirror/mirror.ts'
import { GatewayError } from '../../../src/errors.ts'
import { createFakeClock } from '../../support/clock.ts'
import { admin, ann, bob, createConsumer, open, setUp, type Thing, thing } from './support.ts'

function refusal(code: string) {
  return (error: unknown) =>
    error instanceof GatewayError && error.code === code && error.faults[0]?.where === '/query/resourceVersion'
}

test('a watch starts with all there is and a bookmark that ends it, then goes on live', () => {
  const { table } = setUp()
  table.apply(thing('b'))
  table.apply(thing('a'))
  for (const resourceVersion of [undefined, '', '0']) {
    const { consumer, abort } = open(table, { resourceVersion })
    assert.deepEqual(consumer.told, ['ADDED b', 'ADDED a', 'BOOKMARK'])
    assert.deepEqual(consumer.events[2]?.object, {
      metadata: {
        resourceVersion: table.list({ viewer: admin }).resourceVersion,
        annotations: { 'k8s.io/initial-events-end': 'true' },
      },
    })
    abort.abort()
  }
  const { consumer } = open(table)
  table.apply(thing('a', { size: 1 }))
  table.remove('id-b')
  assert.deepEqual(consumer.told.slice(3), ['MODIFIED a', 'DELETED b'])
  const last = consumer.events.at(-1)
  assert.equal(last?.object.metadata.resourceVersion, table.list({ viewer: admin }).resourceVersion)
  assert.deepEqual({ ...last?.object, metadata: {} }, thing('b'))
})

test('a watch resumes after the version of a list or of an event', () => {
  const { table } = setUp()
  table.apply(thing('a'))
  const { resourceVersion } = table.list({ viewer: admin })
  table.apply(thing('b'))
  const b = table.byName('b')
  table.remove('id-a')
  assert.deepEqual(open(table, { resourceVersion }).consumer.told, ['ADDED b', 'DELETED a'])
  assert.deepEqual(open(table, { resourceVersion: b?.metadata.resourceVersion }).consumer.told, ['DELETED a'])
})

test('another kind\u2019s version will do to resume from', () => {
  const { mirror, table } = setUp()
  const others = mirror.table<Thing>('others')
  table.apply(thing('a'))
  const { metadata } = others.apply(thing('x'))
  const { consumer } = open(table, { resourceVersion: metadata.resourceVersion })
  table.apply(thing('b'))
  assert.deepEqual(consumer.told, ['ADDED b'])
})

test('a version that is too old, of an earlier process or from the future gives 410; another kind\u2019s changes do not age it', () => {
  const { mirror, table, first } = setUp({ ringSize: 2 })
  const others = mirror.table<Thing>('others')
  const from = (resourceVersion: number) => open(table, { resourceVersion: String(resourceVersion) }).consumer.told
  table.apply(thing('a'))
  table.apply(thing('b'))
  for (const name of ['x', 'y', 'z']) others.apply(thing(name))
  assert.deepEqual(from(first), ['ADDED a', 'ADDED b'])
  table.apply(thing('c'))
  assert.throws(() => from(first), refusal('Expired'))
  assert.deepEqual(from(first + 1), ['ADDED b', 'ADDED c'])
  assert.throws(() => from(first + 7), refusal('Expired'))
  assert.throws(() => from(first - 1), refusal('Expired'))
  assert.throws(() => open(table, { resourceVersion: '9'.repeat(30) }), refusal('Expired'))
  for (const resourceVersion of ['x', '-1', '1.5', '0x10', ' 1', '1e3']) {
    assert.throws(() => open(table, { resourceVersion }), refusal('InvalidRequest'), resourceVersion)
  }
})

test('a restarted process knows no version of the one before', () => {
  const clock = createFakeClock()
  const before = createMirror({ clock }).table<Thing>('things')
  for (let n = 0; n < 50; n += 1) before.apply(thing('a', { size: n }))
  clock.advance(1)
  const after = createMirror({ clock }).table<Thing>('things')
  after.apply(thing('a'))
  const { resourceVersion } = before.list({ viewer: admin })
  assert.throws(() => open(after, { resourceVersion }), refusal('Expired'))
})

test('what is remembered of changes is bounded in bytes too', () => {
  const { table, first } = setUp({ ringSize: 1000, maxBacklogBytes: 10_000 })
  for (let n = 0; n < 20; n += 1) table.apply(thing('a', { size: n, labels: { big: 'x'.repeat(1000) } }))
  assert.throws(() => open(table, { resourceVersion: String(first) }), refusal('Expired'))
  const recent = open(table, { resourceVersion: String(first + 15) }).consumer
  assert.deepEqual(
    recent.events.map(({ object }) => object.size),
    [15, 16, 17, 18, 19],
  )
})

test('an object that starts to match is added, one that stops is deleted as it was last seen', () => {
  const { table } = setUp()
  const labelled = open(table, { labelSelector: 'app=web' }).consumer
  const filtered = open(table, { filter: ({ size }) => size > 1 }).consumer
  table.apply(thing('a', { size: 1 }))
  table.apply(thing('a', { size: 2, labels: { app: 'web' } }))
  table.apply(thing('a', { size: 3, labels: { app: 'web' } }))
  table.apply(thing('a', { size: 0, labels: {} }))
  table.remove('id-a')
  assert.deepEqual(labelled.told, ['BOOKMARK', 'ADDED a', 'MODIFIED a', 'DELETED a'])
  assert.deepEqual(filtered.told, labelled.told)
  const deleted = labelled.events[3]?.object
  assert.deepEqual([deleted?.size, deleted?.labels.app], [3, 'web'])
  assert.throws(() => open(table, { labelSelector: ',' }), GatewayError)
})

test('who loses an object is told that it is gone, and nothing of what became of it', () => {
  const { table, first } = setUp()
  const hers = open(table, { viewer: ann }).consumer
  const his = open(table, { viewer: bob }).consumer
  const all = open(table).consumer
  table.apply(thing('a', { labels: { secret: 'hers' } }))
  table.apply(thing('a', { owner: 'bob', labels: { secret: 'his' } }))
  assert.deepEqual(hers.told, ['BOOKMARK', 'ADDED a', 'DELETED a'])
  assert.deepEqual(his.told, ['BOOKMARK', 'ADDED a'])
  assert.deepEqual(all.told, ['BOOKMARK', 'ADDED a', 'MODIFIED a'])
  assert.ok(!hers.frames.join('').includes('his'))
  assert.ok(!his.frames.join('').includes('hers'))
  assert.equal(hers.events[2]?.object.metadata.resourceVersion, his.events[1]?.object.metadata.resourceVersion)
  const replayed = open(table, { viewer: ann, resourceVersion: String(first) }).consumer
  assert.deepEqual(replayed.frames, hers.frames.slice(1))
})

test('a frame is encoded once per change and format, and all subscribers get the same bytes', () => {
  const { table, first } = setUp()
  let encoded = 0
  const counting = {
    ...ndjson,
    encode: (event: Parameters<typeof ndjson.encode>[0]) => {
      encoded += 1
      return ndjson.encode(event)
    },
  }
  const consumers = Array.from({ length: 10 }, () => open(table, { format: counting }).consumer)
  const other = open(table, { format: sse }).consumer
  const reader = open(table, { viewer: ann, format: counting }).consumer
  encoded = 0
  table.apply(thing('a'))
  table.apply(thing('a', { size: 1 }))
  assert.equal(encoded, 2)
  for (const index of [1, 2]) {
    for (const { frames } of [...consumers, reader]) assert.equal(frames[index], consumers[0]?.frames[index])
    assert.notEqual(other.frames[index], consumers[0]?.frames[index])
  }
  const replayed = open(table, { format: counting, resourceVersion: String(first) }).consumer
  assert.equal(replayed.frames[0], consumers[0]?.frames[1])
  assert.equal(encoded, 2)
})

test('a consumer that is not ready is left alone until it resumes, and misses nothing', () => {
  const { table } = setUp()
  for (const name of ['a', 'b', 'c']) table.apply(thing(name))
  const { resume, consumer } = open(table, {}, createConsumer({ blocked: true }))
  table.apply(thing('d'))
  assert.deepEqual(consumer.told, ['ADDED a'])
  consumer.blocked = false
  resume()
  table.apply(thing('e'))
  assert.deepEqual(consumer.told, ['ADDED a', 'ADDED b', 'ADDED c', 'BOOKMARK', 'ADDED d', 'ADDED e'])
})

test('a sink may resume from within its write', () => {
  const { table } = setUp()
  const names: string[] = []
  const watch = table.watch({ viewer: admin, format: ndjson, signal: new AbortController().signal })
  watch.pipe({
    write: frame => {
      names.push(frame.toString().slice(9, 14))
      watch.resume()
      return false
    },
    end: () => {},
  })
  table.apply(thing('a'))
  table.apply(thing('b'))
  assert.equal(names.length, 3)
})

test('what happens between opening a watch and piping it is not lost', () => {
  const { table } = setUp()
  table.apply(thing('a'))
  const watch = table.watch({ viewer: admin, format: ndjson, signal: new AbortController().signal })
  table.apply(thing('b'))
  table.remove('id-a')
  const consumer = createConsumer()
  watch.pipe(consumer)
  assert.deepEqual(consumer.told, ['ADDED a', 'BOOKMARK', 'ADDED b', 'DELETED a'])
  assert.throws(() => watch.pipe(createConsumer()), /once/)
})

test('a subscriber that does not keep up is told to resync and dropped at the cap; the others go on', () => {
  const { mirror, table } = setUp({ maxBacklogBytes: 10_000 })
  const slow = open(table, {}, createConsumer({ blocked: true }))
  const unpiped = table.watch({ viewer: admin, format: ndjson, signal: new AbortController().signal })
  const fast = open(table)
  let held = 0
  for (let n = 0; slow.consumer.ended === undefined; n += 1) {
    table.apply(thing('a', { size: n, labels: { big: 'x'.repeat(500) } }))
    const frame = fast.consumer.frames.at(-1)
    held += frame?.length ?? 0
    assert.equal(held > 10_000, slow.consumer.ended !== undefined, `at ${held} bytes`)
  }
  assert.equal(slow.consumer.ended, 'slow')
  assert.deepEqual(slow.consumer.told, ['BOOKMARK', 'ERROR'])
  const { code, reason, message } = slow.consumer.events[1]?.object ?? {}
  assert.deepEqual([code, reason], [410, 'Expired'])
  assert.match(message ?? '', /^resync/)
  slow.resume()
  const late = createConsumer()
  unpiped.pipe(late)
  assert.deepEqual([late.told, late.ended], [['ERROR'], 'slow'])
  table.apply(thing('b'))
  assert.equal(fast.consumer.told.at(-1), 'ADDED b')
  assert.equal(fast.consumer.ended, undefined)
  assert.deepEqual(mirror.counts(), [{ kind: 'things', objects: 2, watchers: 1, dropped: 2 }])
})

test('a state that is larger than the cap is no backlog', () => {
  const { table } = setUp({ maxBacklogBytes: 1000 })
  for (let n = 0; n < 20; n += 1) table.apply(thing(`t${n}`, { labels: { big: 'x'.repeat(200) } }))
  const { resume, consumer } = open(table, {}, createConsumer({ blocked: true }))
  table.apply(thing('late'))
  consumer.blocked = false
  resume()
  assert.equal(consumer.told.length, 22)
  assert.equal(consumer.told.at(-1), 'ADDED late')
})

test('bookmarks come at their interval to a watcher that has caught up, and stop with it', async () => {
  const { clock, mirror, table, first } = setUp()
  const others = mirror.table<Thing>('others')
  const { resume, consumer, abort } = open(table, { bookmarkIntervalMs: 1000 })
  table.apply(thing('a'))
  others.apply(thing('x'))
  await clock.advance(999)
  assert.deepEqual(consumer.told, ['BOOKMARK', 'ADDED a'])
  await clock.advance(1)
  assert.deepEqual(consumer.events[2], {
    type: 'BOOKMARK',
    object: { metadata: { resourceVersion: String(first + 1) } },
  })
  consumer.blocked = true
  await clock.advance(3000)
  assert.deepEqual(consumer.told.length, 4, 'one before it blocks, none after')
  consumer.blocked = false
  resume()
  await clock.advance(1000)
  assert.deepEqual(consumer.told.length, 5)
  assert.equal(clock.sleepers, 1)
  abort.abort()
  await clock.settle()
  assert.equal(clock.sleepers, 0)
  assert.equal(consumer.ended, 'closed')
})

test('revising a viewer ends their watches of every kind with a resync, and nobody else\u2019s', async () => {
  const { clock, mirror, table } = setUp()
  const others = mirror.table<Thing>('others')
  const hers = [open(table, { viewer: ann, bookmarkIntervalMs: 1000 }), open(others, { viewer: ann })]
  const his = open(table, { viewer: bob })
  mirror.revise('ann')
  for (const { consumer } of hers) {
    assert.deepEqual([consumer.told, consumer.ended], [['BOOKMARK', 'ERROR'], 'revised'])
    assert.equal(consumer.events[1]?.object.code, 410)
  }
  await clock.settle()
  assert.equal(clock.sleepers, 0)
  assert.equal(his.consumer.ended, undefined)
  table.apply(thing('a', { owner: 'bob' }))
  assert.deepEqual(his.consumer.told, ['BOOKMARK', 'ADDED a'])
  assert.equal(mirror.counts()[0]?.dropped, 0)
})

test('an aborted or closed watch is told nothing more and leaves nothing behind', () => {
  const { mirror, table } = setUp()
  const { watch, consumer, abort } = open(table)
  const other = open(table)
  abort.abort()
  other.watch.close()
  watch.close()
  table.apply(thing('a'))
  assert.equal(getEventListeners(other.abort.signal, 'abort').length, 0)
  for (const ended of [consumer, other.consumer]) assert.deepEqual([ended.told, ended.ended], [['BOOKMARK'], 'closed'])
  const late = open(table, { signal: abort.signal }).consumer
  assert.deepEqual([late.told, late.ended], [[], 'closed'])
  assert.equal(mirror.counts()[0]?.watchers, 0)
})

test('a sink or filter that throws ends its own watch, is reported, and disturbs nobody', () => {
  const reported: unknown[] = []
  const { table } = setUp({ onError: error => reported.push(error) })
  const broken = open(table, {}, { ...createConsumer(), write: () => assert.fail('no socket') })
  const picky = open(table, { filter: ({ size }) => size > 0 || assert.fail('no size') })
  const fine = open(table)
  table.apply(thing('a'))
  table.apply(thing('b'))
  assert.deepEqual(
    reported.map(error => String(error).replace(/^.*: /, '')),
    ['no socket', 'no size'],
  )
  assert.equal(picky.consumer.ended, 'failed')
  assert.deepEqual(fine.consumer.told, ['BOOKMARK', 'ADDED a', 'ADDED b'])
  broken.watch.resume()
})
