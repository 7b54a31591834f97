import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createLister } from '../../../src/engine/mirror/list.ts'
import type { ListQuery, Table } from '../../../src/engine/mirror/mirror.ts'
import { createSortedEntries } from '../../../src/engine/mirror/sorted.ts'
import { createVersions } from '../../../src/engine/mirror/versions.ts'
import { GatewayError } from '../../../src/errors.ts'
import { createFakeClock } from '../../support/clock.ts'
import { admin, ann, bob, setUp, type Thing, thing } from './support.ts'

const names = (answer: { items: readonly Readonly<Thing>[] }) => answer.items.map(({ name }) => name)
const parse = (text: Buffer) => JSON.parse(text.toString())

function refusal(code: string, where: string) {
  return (error: unknown) =>
    error instanceof GatewayError && error.code === code && error.faults.some(fault => fault.where === where)
}

test('a list is sorted by name, in objects and in bytes alike', () => {
  const { table } = setUp()
  for (const name of ['b', 'a', 'é', 'c', 'a-1', 'Z']) table.apply(thing(name))
  const answer = table.list({ viewer: admin })
  assert.deepEqual(names(answer), ['Z', 'a', 'a-1', 'b', 'c', 'é'])
  const { items, ...metadata } = answer
  assert.deepEqual(parse(table.listText({ viewer: admin })), { items, metadata })
  assert.deepEqual(parse(setUp().table.listText({ viewer: ann })).items, [])
})

test('the bytes of a whole list are made once per viewer class, until the table changes', () => {
  const { table } = setUp()
  table.apply(thing('a'))
  table.apply(thing('b', { owner: 'bob' }))
  const read = (viewer: typeof admin) => table.listText({ viewer })
  const before = { admin: read(admin), ann: read(ann) }
  assert.equal(read(admin), before.admin)
  assert.equal(read({ name: 'another', admin: true }), before.admin)
  assert.equal(read(ann), before.ann)
  assert.notEqual(read(bob), before.ann)
  assert.equal(table.list({ viewer: ann }).items, table.list({ viewer: ann }).items)
  table.apply(thing('a'))
  assert.equal(read(admin), before.admin)
  table.apply(thing('a', { size: 1 }))
  assert.equal(parse(read(admin)).items[0].size, 1)
  assert.equal(parse(read(ann)).items[0].size, 1)
  assert.equal(parse(before.admin).items[0].size, 0)
})

test('what is being read is made anew once for all the changes of a turn, before anybody asks', () => {
  const works: (() => void)[] = []
  let made = 0
  const lister = createLister<Thing>({
    entries: createSortedEntries(),
    versions: createVersions(createFakeClock()),
    version: () => 1,
    staleness: {
      of: () => {
        made += 1
        return {}
      },
    },
    soon: work => void works.push(work),
  })
  const turn = () => {
    for (const work of works.splice(0)) work()
    return made
  }
  const read = () => lister.listText({ viewer: admin })
  lister.invalidate()
  assert.equal(turn(), 0, 'nobody has read anything')
  read()
  lister.invalidate()
  lister.invalidate()
  assert.equal(turn(), 2)
  assert.equal(read(), read())
  assert.equal(made, 2, 'it was there')
  lister.invalidate()
  assert.equal(turn(), 3)
  lister.invalidate()
  assert.equal(turn(), 3, 'nobody has read what was made last')
})

test('a user whose name reads like the admins\u2019 class sees their own list only', () => {
  const { table } = setUp()
  table.apply(thing('a'))
  table.listText({ viewer: admin })
  assert.deepEqual(parse(table.listText({ viewer: { name: 'admin', admin: false } })).items, [])
})

test('filters and label selectors choose', () => {
  const { table } = setUp()
  table.apply(thing('a', { labels: { app: 'web' }, size: 1 }))
  table.apply(thing('b', { labels: { app: 'db' }, size: 1 }))
  table.apply(thing('c', { labels: { app: 'web' }, size: 2 }))
  assert.deepEqual(names(table.list({ viewer: admin, labelSelector: 'app=web' })), ['a', 'c'])
  assert.deepEqual(names(table.list({ viewer: admin, filter: ({ size }) => size === 1 })), ['a', 'b'])
  assert.deepEqual(names(table.list({ viewer: admin, labelSelector: 'app=web', filter: ({ size }) => size > 1 })), [
    'c',
  ])
  assert.deepEqual(names(table.list({ viewer: admin, labelSelector: '' })), ['a', 'b', 'c'])
  assert.throws(
    () => table.list({ viewer: admin, labelSelector: 'a=(' }),
    refusal('InvalidRequest', '/query/labelSelector'),
  )
})

test('a stale table keeps answering and says since when', () => {
  const { clock, table } = setUp()
  table.apply(thing('a'))
  const fresh = table.listText({ viewer: admin })
  const since = clock.now()
  table.markStale('Docker does not answer', since)
  table.markStale('Docker still does not answer', since + 60_000)
  const { items, ...metadata } = table.list({ viewer: admin })
  assert.deepEqual(items.length, 1)
  assert.deepEqual(metadata, {
    resourceVersion: items[0]?.metadata.resourceVersion,
    stale: true,
    staleSince: '2026-01-01T00:00:00.000Z',
    staleReason: 'Docker still does not answer',
  })
  assert.deepEqual(parse(table.listText({ viewer: admin })).metadata, metadata)
  table.markFresh()
  assert.deepEqual(table.listText({ viewer: admin }), fresh)
})

test('a limit of 0 is none, another than a whole number is refused', () => {
  const { table } = setUp()
  table.replace([thing('a'), thing('b')])
  assert.deepEqual(names(table.list({ viewer: admin, limit: 0 })), ['a', 'b'])
  for (const limit of [-1, 1.5, Number.NaN]) {
    assert.throws(() => table.list({ viewer: admin, limit }), refusal('InvalidRequest', '/query/limit'))
  }
})

test('the last page has no continue token, and every page has the first one\u2019s version', () => {
  const { table } = setUp()
  table.replace(['a', 'b', 'c', 'd'].map(name => thing(name)))
  const first = table.list({ viewer: admin, limit: 2 })
  assert.deepEqual(names(first), ['a', 'b'])
  table.apply(thing('d', { size: 1 }))
  const text = parse(table.listText({ viewer: admin, limit: 2, continue: first.continue }))
  assert.deepEqual(names(text), ['c', 'd'])
  assert.deepEqual(text.metadata, { resourceVersion: first.resourceVersion })
})

test('a forged or foreign continue token is refused, whatever it holds', () => {
  const { table, first } = setUp()
  table.replace([thing('a'), thing('b')])
  const list = (token: string) => table.list({ viewer: admin, limit: 1, continue: token })
  const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const good = list('').continue ?? ''
  assert.deepEqual(names(list(good)), ['b'])
  const forged = [
    `${good}=`,
    ` ${good}`,
    'x',
    token(null),
    token([]),
    token('a'),
    token({ v: first }),
    token({ v: String(first), after: 'a' }),
    token({ v: first, after: 1 }),
    token({ v: first, after: 'a', more: true }),
    token({ after: 'a', v: first }),
  ]
  for (const text of forged) assert.throws(() => list(text), refusal('InvalidRequest', '/query/continue'), text)
  for (const v of [0, first - 1, first + 100]) {
    assert.throws(() => list(token({ v, after: 'a' })), refusal('Expired', '/query/continue'))
  }
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json().map(token)), text => {
      fc.pre(text !== '')
      assert.throws(() => list(text), refusal('InvalidRequest', '/query/continue'))
    }),
  )
})

const anyThings = fc.uniqueArray(fc.record({ n: fc.nat(30), size: fc.nat(2), owner: fc.constantFrom('ann', 'bob') }), {
  selector: ({ n }) => n,
})
const anyPageQuery = fc.record({
  viewer: fc.constantFrom(admin, ann),
  filter: fc.constantFrom(undefined, ({ size }: Readonly<Thing>) => size > 0),
})
const make = ({ n, ...members }: { n: number; size: number; owner: string }) => thing(`t${n}`, members)

function* pages(table: Table<Thing>, query: ListQuery<Thing>, limit: number) {
  let answer = table.list({ ...query, limit })
  yield answer
  while (answer.continue) {
    answer = table.list({ ...query, limit, continue: answer.continue })
    yield answer
  }
}

test('the pages of a list are the list', () => {
  fc.assert(
    fc.property(anyThings, anyPageQuery, fc.integer({ min: 1, max: 8 }), (things, query, limit) => {
      const { table } = setUp()
      table.replace(things.map(make))
      const found = [...pages(table, query, limit)]
      assert.deepEqual(found.flatMap(names), names(table.list(query)))
      assert.ok(found.slice(0, -1).every(({ items }) => items.length === limit))
    }),
  )
})

test('paging through a changing table skips and doubles nothing that is there throughout', () => {
  const anyChange = fc.record({
    n: fc.nat(30),
    size: fc.nat(2),
    owner: fc.constantFrom('ann', 'bob'),
    gone: fc.boolean(),
  })
  fc.assert(
    fc.property(
      anyThings,
      anyPageQuery,
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.array(anyChange, { maxLength: 4 }), { maxLength: 12 }),
      (things, query, limit, changes) => {
        const { table } = setUp()
        table.replace(things.map(make))
        const throughout = new Set(names(table.list(query)))
        const found: string[] = []
        const versions = new Set<string>()
        for (const page of pages(table, query, limit)) {
          found.push(...names(page))
          versions.add(page.resourceVersion)
          for (const { gone, ...change } of changes.shift() ?? []) {
            if (gone) table.remove(make(change).id)
            else table.apply(make(change))
          }
          const now = new Set(names(table.list(query)))
          for (const name of throughout) if (!now.has(name)) throughout.delete(name)
        }
        assert.equal(new Set(found).size, found.length, `doubled: ${found}`)
        assert.deepEqual(
          [...throughout].filter(name => !found.includes(name)),
          [],
        )
        assert.equal(versions.size, 1)
      },
    ),
  )
})
