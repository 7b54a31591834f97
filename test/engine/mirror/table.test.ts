import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMirror, type FeedChange } from '../../../src/engine/mirror/mirror.ts'
import { createFakeClock } from '../../support/clock.ts'
import { admin, ann, bob, createConsumer, open, setUp, type Thing, thing } from './support.ts'

const told = (change: FeedChange<Thing>) => `${change.type} ${change.object.name}`

test('versions start at the microseconds since the epoch and are shared by all kinds', () => {
  const { mirror, table, first } = setUp()
  const others = mirror.table<Thing>('others')
  assert.equal(table.list({ viewer: admin }).resourceVersion, String(first))
  const versions = [table.apply(thing('a')), others.apply(thing('a')), table.apply(thing('b'))]
  assert.deepEqual(
    versions.map(({ metadata }) => Number(metadata.resourceVersion) - first),
    [1, 2, 3],
  )
  assert.equal(others.list({ viewer: admin }).resourceVersion, String(first + 2))
})

test('an object is kept as it was handed in, whatever its producer does to it afterwards', () => {
  const { table } = setUp()
  const mine = thing('a', { labels: { app: 'web' } })
  table.apply(mine)
  mine.labels.app = 'changed'
  assert.equal(table.byName('a')?.labels.app, 'web')
  assert.throws(() => Object.assign(table.byName('a')?.labels ?? {}, { app: 'changed' }), TypeError)
  table.apply(mine)
  assert.equal(table.byName('a')?.labels.app, 'changed')
})

test('an unchanged object is no change: nothing is told and the version stays', () => {
  const { table } = setUp()
  const { consumer } = open(table)
  const before = table.apply(thing('a', { labels: { x: '1', y: '2' } }))
  const feed: string[] = []
  table.subscribe(change => feed.push(told(change)))
  const frames = consumer.frames.length
  const { id, name, owner, size } = before
  table.apply(thing('a', { labels: { x: '1', y: '2' } }))
  table.apply({ metadata: {}, size, owner, labels: { y: '2', x: '1' }, name, id })
  table.apply(before)
  table.replace([{ ...before, metadata: { resourceVersion: '7' } }])
  assert.equal(table.get(before.id), before)
  assert.equal(consumer.frames.length, frames)
  assert.deepEqual(feed, [])
})

test('a change of metadata is a change', () => {
  const { table } = setUp()
  const before = table.apply(thing('a'))
  const after = table.apply({ ...before, metadata: { ...before.metadata, createdAt: '2026-01-01T00:00:00Z' } })
  assert.notEqual(after.metadata.resourceVersion, before.metadata.resourceVersion)
  assert.equal(table.text(after.id)?.toString(), JSON.stringify(withVersionLast(after)))
})

test('the feed tells each change with what was before, until it is ended', () => {
  const { table } = setUp()
  table.apply(thing('a'))
  const feed: FeedChange<Thing>[] = []
  const end = table.subscribe(change => feed.push(change))
  table.apply(thing('a', { size: 1 }))
  table.apply(thing('b'))
  assert.equal(table.remove('id-a'), true)
  assert.equal(table.remove('id-a'), false)
  end()
  table.remove('id-b')
  assert.deepEqual(
    feed.map(({ type, object, previous }) => [type, object.name, object.size, previous?.size]),
    [
      ['MODIFIED', 'a', 1, 0],
      ['ADDED', 'b', 0, undefined],
      ['DELETED', 'a', 1, 1],
    ],
  )
  const versions = feed.map(({ object }) => Number(object.metadata.resourceVersion))
  assert.deepEqual(versions, [...versions].sort())
})

test('a change made by a listener reaches everybody after the change that it answers', () => {
  const { table } = setUp()
  const feeds: { [name in 'answering' | 'begunMeanwhile' | 'other']: string[] } = {
    answering: [],
    begunMeanwhile: [],
    other: [],
  }
  const early = open(table).consumer
  const late = createConsumer()
  table.subscribe(change => {
    feeds.answering.push(told(change))
    if (change.object.name !== 'a') return
    table.apply(thing('b'))
    table.subscribe(later => feeds.begunMeanwhile.push(told(later)))
    open(table, {}, late)
  })
  table.subscribe(change => feeds.other.push(told(change)))
  table.apply(thing('a'))
  table.apply(thing('c'))
  const all = ['ADDED a', 'ADDED b', 'ADDED c']
  assert.deepEqual(feeds, { answering: all, begunMeanwhile: ['ADDED c'], other: all })
  assert.deepEqual(early.told, ['BOOKMARK', ...all])
  assert.deepEqual(late.told, ['ADDED a', 'ADDED b', 'BOOKMARK', 'ADDED c'])
})

test('a listener that throws is reported; the others and the change go on', () => {
  const reported: unknown[] = []
  const { table } = setUp({ onError: error => reported.push(error) })
  const feed: string[] = []
  table.subscribe(() => {
    throw new Error('a fault')
  })
  table.subscribe(change => feed.push(told(change)))
  table.apply(thing('a'))
  assert.deepEqual(feed, ['ADDED a'])
  assert.match(String(reported), /a fault/)
})

test('replace makes real differences only, within its scope', () => {
  const { table } = setUp()
  table.apply(thing('a'))
  table.apply(thing('b'))
  table.apply(thing('other', { owner: 'bob' }))
  const feed: string[] = []
  table.subscribe(change => feed.push(told(change)))
  table.replace([thing('a'), thing('c', { size: 1 }), thing('c', { size: 2 })], {
    within: ({ owner }) => owner === 'ann',
  })
  assert.deepEqual(feed, ['DELETED b', 'ADDED c'])
  assert.equal(table.byName('c')?.size, 2)
  table.replace([])
  assert.deepEqual(table.list({ viewer: admin }).items, [])
})

test('what is forgotten is gone from lists, and nobody is told', () => {
  const { table } = setUp()
  table.replace([thing('a'), thing('b')])
  const { consumer } = open(table)
  const frames = consumer.frames.length
  const before = table.listText({ viewer: admin })
  table.forget('id-a')
  table.forget('id-c')
  assert.deepEqual(
    table.list({ viewer: admin }).items.map(({ name }) => name),
    ['b'],
  )
  assert.notEqual(table.listText({ viewer: admin }), before)
  assert.equal(table.byName('a'), undefined)
  assert.equal(table.get('id-a'), undefined)
  assert.equal(consumer.frames.length, frames)
})

test('names are unique: another object with the name takes its place', () => {
  const { table } = setUp()
  const feed: string[] = []
  table.apply(thing('a', { id: '1' }))
  table.apply(thing('b', { id: '2' }))
  table.subscribe(({ type, object }) => feed.push(`${type} ${object.id}`))
  table.apply(thing('a', { id: '3' }))
  table.apply(thing('b', { id: '3' }))
  assert.deepEqual(feed, ['DELETED 1', 'ADDED 3', 'DELETED 2', 'MODIFIED 3'])
  assert.deepEqual([table.byName('a'), table.byName('b')?.id, table.get('1')], [undefined, '3', undefined])
  assert.equal(table.remove('1'), false)
  table.replace([thing('a', { id: '4' }), thing('a', { id: '5' })])
  assert.deepEqual(
    table.list({ viewer: admin }).items.map(({ id }) => id),
    ['5'],
  )
})

test('a kind can have another key than the name', () => {
  const mirror = createMirror({ clock: createFakeClock() })
  const table = mirror.table<Thing>('things', { key: object => `${object.owner}/${object.name}` })
  table.apply(thing('a', { id: '1', owner: 'bob' }))
  table.apply(thing('a', { id: '2', owner: 'ann' }))
  assert.equal(table.byName('bob/a')?.id, '1')
  assert.deepEqual(
    table.list({ viewer: admin }).items.map(({ id }) => id),
    ['2', '1'],
  )
  assert.throws(() => mirror.table('things'), /already/)
})

test('a viewer reads what they own, an admin all; nobody else what has no owner', () => {
  const { table } = setUp()
  table.apply(thing('hers'))
  table.apply(thing('his', { owner: 'bob' }))
  table.apply(thing('ours', { owner: null }))
  const seenBy = (viewer: typeof admin) => ({
    list: table.list({ viewer }).items.map(({ name }) => name),
    text: JSON.parse(table.listText({ viewer }).toString()).items.map(({ name }: Thing) => name),
    get: ['hers', 'his', 'ours'].filter(name => table.get(`id-${name}`, viewer)),
    byName: ['hers', 'his', 'ours'].filter(name => table.byName(name, viewer)),
    one: ['hers', 'his', 'ours'].filter(name => table.text(`id-${name}`, viewer)),
    watch: open(table, { viewer })
      .consumer.events.map(({ object }) => object.name)
      .filter(Boolean),
  })
  const everywhere = (names: string[]) => ({
    list: names,
    text: names,
    get: names,
    byName: names,
    one: names,
    watch: names,
  })
  assert.deepEqual(seenBy(admin), everywhere(['hers', 'his', 'ours']))
  assert.deepEqual(seenBy(ann), everywhere(['hers']))
  assert.deepEqual(seenBy(bob), everywhere(['his']))
  assert.deepEqual(seenBy({ name: 'null', admin: false }), everywhere([]))
})

test('counts say how many objects, watchers and dropped watchers each kind has', () => {
  const { mirror, table } = setUp()
  mirror.table<Thing>('others')
  table.apply(thing('a'))
  table.apply(thing('b'))
  const { abort } = open(table)
  open(table)
  abort.abort()
  assert.deepEqual(mirror.counts(), [
    { kind: 'things', objects: 2, watchers: 1, dropped: 0 },
    { kind: 'others', objects: 0, watchers: 0, dropped: 0 },
  ])
})

/** The order that texts have: metadata last, and the resourceVersion last in it. */
function withVersionLast({ metadata, ...rest }: Readonly<Thing>): object {
  const { resourceVersion, ...others } = metadata
  return { ...rest, metadata: { ...others, resourceVersion } }
}
