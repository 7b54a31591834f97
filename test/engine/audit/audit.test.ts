import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditRecord } from '../../../src/engine/audit/audit.ts'
import { ann, refused, root, startRig } from '../../support/engine-on-simulated.ts'

/** The log is never emptied, not even between tests: each test has an action of its own. */
function entry(action: string, members: Partial<AuditRecord> = {}): AuditRecord {
  return {
    actor: 'ann',
    action,
    resource: '/api/v1/clusters/alex',
    result: 'OK',
    surface: 'rest',
    from: '127.0.0.1',
    requestId: 'a1',
    ...members,
  }
}

type Rig = Awaited<ReturnType<typeof startRig>>

async function recorded({ engine }: Rig, records: AuditRecord[]): Promise<void> {
  const seen = new Promise<void>(resolve => {
    let left = records.length
    const end = engine.tables.audit.subscribe(({ type }) => {
      if (type !== 'ADDED') return
      left -= 1
      if (left > 0) return
      end()
      resolve()
    })
  })
  for (const record of records) engine.audit.record(record)
  await seen
}

test('what is recorded is listed, the newest first, to admins', async t => {
  const rig = await startRig(t)
  await recorded(rig, [entry('one'), entry('one', { result: 'Forbidden', actor: null, from: null })])
  const { items } = await rig.engine.audit.list(root, { action: 'one' })
  assert.deepEqual(
    items.map(({ actor, result, from, owner }) => [actor, result, from, owner]),
    [
      [null, 'Forbidden', null, null],
      ['ann', 'OK', '127.0.0.1', null],
    ],
  )
  await assert.rejects(rig.engine.audit.list(ann, {}), refused('Forbidden'))
  assert.deepEqual(rig.engine.tables.audit.list({ viewer: ann }).items, [])
})

test('filters and pages', async t => {
  const rig = await startRig(t)
  const records = Array.from({ length: 7 }, (_, index) =>
    entry('two', { resource: `r${index}`, actor: index < 2 ? 'bob' : 'ann' }),
  )
  await recorded(rig, records)
  const { audit } = rig.engine
  const resources = async (query: Parameters<typeof audit.list>[1]) =>
    (await audit.list(root, { action: 'two', ...query })).items.map(item => item.resource)
  assert.deepEqual(await resources({ actor: 'bob' }), ['r1', 'r0'])
  assert.deepEqual(await resources({ resource: 'r3' }), ['r3'])
  assert.deepEqual(await resources({ result: 'Conflict' }), [])
  assert.deepEqual(await resources({ until: new Date(0) }), [])
  assert.equal((await resources({ since: new Date(0) })).length, 7)
  const first = await audit.list(root, { action: 'two', limit: 4 })
  await recorded(rig, [entry('two', { resource: 'later' })])
  const second = await audit.list(root, { action: 'two', limit: 4, continue: first.metadata.continue })
  assert.deepEqual(
    [...first.items, ...second.items].map(item => item.resource),
    ['r6', 'r5', 'r4', 'r3', 'r2', 'r1', 'r0'],
  )
  assert.equal(second.metadata.continue, undefined)
  await assert.rejects(audit.list(root, { continue: 'nonsense' }), refused('InvalidRequest'))
})

test('a watch from a list on tells every later entry', async t => {
  const rig = await startRig(t)
  await recorded(rig, [entry('three', { resource: 'before' })])
  const { resourceVersion } = (await rig.engine.audit.list(root, {})).metadata
  const told: string[] = []
  const { signal } = new AbortController()
  rig.engine.tables.audit
    .watch({
      viewer: root,
      signal,
      resourceVersion,
      format: { name: 'resources', encode: ({ object }) => Buffer.from('resource' in object ? object.resource : '') },
    })
    .pipe({ write: frame => told.push(frame.toString()) > 0, end: () => undefined })
  await recorded(rig, [entry('three', { resource: 'after' })])
  assert.deepEqual(told, ['after'])
})

test('a watch goes on past the newest thousand: it tells of no deletion', async t => {
  const rig = await startRig(t)
  await recorded(rig, [entry('five', { resource: 'first' })])
  const { resourceVersion } = (await rig.engine.audit.list(root, {})).metadata
  const told: string[] = []
  rig.engine.tables.audit
    .watch({
      viewer: root,
      signal: new AbortController().signal,
      resourceVersion,
      format: { name: 'types', encode: ({ type }) => Buffer.from(type) },
    })
    .pipe({ write: frame => told.push(frame.toString()) > 0, end: () => undefined })
  await recorded(
    rig,
    Array.from({ length: 1100 }, () => entry('five')),
  )
  assert.deepEqual([told.length, new Set(told)], [1100, new Set(['ADDED'])])
  assert.equal(rig.engine.tables.audit.list({ viewer: root }).items.length, 1000)
  assert.equal((await rig.engine.audit.list(root, { resource: 'first', action: 'five' })).items.length, 1)
})

test('the database refuses to change or remove entries, and what is older than a day goes by one way', async t => {
  const rig = await startRig(t)
  const { sql } = rig.store
  await recorded(rig, [entry('four')])
  for (const attempt of [
    () => sql`update audit set actor = 'bob'`,
    () => sql`delete from audit`,
    () => sql`truncate audit`,
    () => sql`select expire_audit(now())`,
  ])
    await assert.rejects(async () => attempt(), /append-only|at least a day/)
  await sql`
    insert into audit (id, at, action, resource, result, surface)
    values (gen_random_uuid(), now() - interval '40 days', 'four', 'old', 'OK', 'rest'),
      (gen_random_uuid(), now() - interval '20 days', 'four', 'new', 'OK', 'rest')`
  await sql`select expire_audit(now() - interval '30 days')`
  const left = await sql<{ resource: string }[]>`select resource from audit where action = 'four'`
  assert.deepEqual(
    left.map(row => row.resource),
    ['new'],
  )
  await assert.rejects(async () => sql`delete from audit`, /append-only/, 'the way is closed again')
})
