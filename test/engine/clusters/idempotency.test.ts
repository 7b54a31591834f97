import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSimulatedRuntime } from '../../../src/drivers/simulated/runtime.ts'
import { createEagerClock } from '../../support/eager-clock.ts'
import { ann, bob, emptyStore, type Rig, refused, root, startOn, startRig } from '../../support/engine-on-simulated.ts'

const key = { idempotencyKey: 'a-key' }
const otherRequest = refused('Unprocessable', /used with another request/)

const operations = (rig: Rig) => rig.engine.tables.operations.list({ viewer: root }).items

test('a command that is repeated with its key is carried out once, and answers with its operation', async t => {
  const rig = await startRig(t)
  const first = await rig.engine.clusters.create(ann, { name: 'alex', nodes: 1 }, key)
  const again = await rig.engine.clusters.create(ann, { name: 'alex', nodes: 1 }, key)
  assert.equal(again.id, first.id)
  await rig.done(first)
  const afterwards = await rig.engine.clusters.create(ann, { name: 'alex', nodes: 1 }, key)
  assert.deepEqual([afterwards.id, afterwards.state], [first.id, 'succeeded'])
  assert.equal(operations(rig).length, 1)
})

test('many at once with one key are one', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 1 })
  const all = await Promise.all(Array.from({ length: 8 }, () => rig.engine.nodes.add(ann, 'alex', { count: 2 }, key)))
  assert.equal(new Set(all.map(operation => operation.id)).size, 1)
  for (const operation of all) await rig.done(operation)
  assert.equal(rig.cluster('alex').nodes, 3)
})

test('a key is remembered when the gateway is started anew', async t => {
  const clock = createEagerClock()
  const real = { store: await emptyStore(), runtime: createSimulatedRuntime({ clock, pace: 0 }), clock }
  const before = await startOn(t, real)
  const first = await before.done(before.engine.clusters.create(ann, { name: 'alex', nodes: 1 }, key))
  await before.engine.close()
  const rig = await startOn(t, real)
  const again = await rig.engine.clusters.create(ann, { name: 'alex', nodes: 1 }, key)
  assert.deepEqual([again.id, again.state], [first.id, 'succeeded'])
})

test('a key that came with another request is refused, whatever differs', async t => {
  const rig = await startRig(t)
  await rig.done(rig.engine.clusters.create(ann, { name: 'alex', nodes: 2 }, key))
  const { clusters, nodes } = rig.engine
  await assert.rejects(clusters.create(ann, { name: 'alex', nodes: 3 }, key), otherRequest)
  await assert.rejects(clusters.create(ann, { name: 'blue', nodes: 2 }, key), otherRequest)
  await assert.rejects(clusters.stop(ann, 'alex', key), otherRequest)
  await assert.rejects(clusters.patch(ann, 'alex', { nodes: 3 }, key), otherRequest)
  await assert.rejects(nodes.stop(ann, rig.worker('alex').name, key), otherRequest)
  assert.equal(operations(rig).length, 1)
})

test('different requests at once with one key: one is carried out, the others are refused', async t => {
  const rig = await startRig(t)
  const answers = await Promise.allSettled(
    ['a', 'b', 'c', 'd'].map(name => rig.engine.clusters.create(ann, { name, nodes: 1 }, key)),
  )
  const [carriedOut, ...more] = answers.filter(answer => answer.status === 'fulfilled')
  assert.ok(carriedOut && more.length === 0)
  for (const answer of answers) if (answer.status === 'rejected') otherRequest(answer.reason)
  await rig.done(carriedOut.value)
  assert.equal(rig.engine.tables.clusters.list({ viewer: root }).items.length, 1)
})

test('keys of different users have nothing to do with each other', async t => {
  const rig = await startRig(t)
  const one = await rig.engine.clusters.create(ann, { name: 'alex', nodes: 1 }, key)
  const other = await rig.engine.clusters.create(bob, { name: 'blue', nodes: 1 }, key)
  assert.notEqual(one.id, other.id)
  await Promise.all([rig.done(one), rig.done(other)])
})

test('a command that was refused does not use up its key', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 1 })
  await assert.rejects(rig.engine.clusters.create(ann, { name: 'alex' }, key), refused('AlreadyExists'))
  await rig.done(rig.engine.clusters.create(ann, { name: 'blue', nodes: 1 }, key))
})

test('an operation that has ended long ago is forgotten, and its key with it', async t => {
  const rig = await startRig(t, { settings: { operationTtlMs: 60_000 } })
  const first = await rig.done(rig.engine.clusters.create(ann, { name: 'alex', nodes: 1 }, key))
  await rig.store.sql`update operations set finished_at = finished_at - interval '1 day'`
  await rig.engine.close()
  const clock = createEagerClock()
  const later = await startOn(
    t,
    { store: rig.store, runtime: rig.runtime, clock },
    { settings: { operationTtlMs: 60_000 } },
  )
  await later.until(() => operations(later).length === 0)
  const again = await later.engine.clusters.start(ann, 'alex', key)
  assert.notEqual(again.id, first.id)
  await later.done(again)
})
