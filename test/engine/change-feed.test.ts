import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ann, assertNothingLeft, root, startRig } from '../support/engine-on-simulated.ts'

test('what somebody writes into the database is shown', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 1 })
  await rig.store.sql`update clusters set labels = '{"by": "hand"}'`
  await rig.until(() => rig.cluster('alex').labels.by === 'hand')
  await rig.store.sql`update operations set message = 'written by hand'`
  await rig.until(() => rig.engine.tables.operations.list({ viewer: root }).items[0]?.message === 'written by hand')
  await rig.store.sql`delete from operations`
  await rig.until(() => rig.engine.tables.operations.list({ viewer: root }).items.length === 0)
})

test('what somebody writes into the database is brought about', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 3 })
  const { name } = rig.worker('alex')
  await rig.store.sql`update nodes set removing = true where name = ${name}`
  await rig.until(() => !rig.nodes('alex').some(node => node.name === name))
  await rig.store.sql`update clusters set running = false`
  await rig.until(() => rig.cluster('alex').state === 'stopped')
  await rig.store.sql`update clusters set deleting = true`
  await rig.until(() => rig.engine.tables.clusters.byName('alex') === undefined)
  await assertNothingLeft(rig)
})

test('what was written while nobody listened is read when the connection is back', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 1 })
  await rig.store.transaction(async sql => {
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and query like 'listen%'`
    await sql`alter table clusters disable trigger notify_change`
    await sql`update clusters set labels = '{"by": "hand"}'`
    await sql`alter table clusters enable trigger notify_change`
  })
  await rig.until(() => rig.cluster('alex').labels.by === 'hand')
})

test('an operation is never shown at an earlier stage than before, nor as ended before what it did', async t => {
  const rig = await startRig(t)
  const ranks: Record<string, number> = { pending: 0, running: 1, succeeded: 2, failed: 2, cancelled: 2 }
  const wrong: string[] = []
  rig.engine.tables.operations.subscribe(({ type, object, previous }) => {
    const rank = ranks[object.state] ?? 0
    if (previous && rank < (ranks[previous.state] ?? 0)) wrong.push(`${previous.state} → ${object.state}`)
    if (type === 'DELETED' || object.state !== 'succeeded') return
    const cluster = rig.engine.tables.clusters.byName(object.cluster ?? '')
    if (object.action === 'createCluster' && cluster?.state !== 'ready') wrong.push(`created, and ${cluster?.state}`)
    if (object.action === 'deleteCluster' && cluster) wrong.push(`deleted, and ${cluster.state}`)
    if (object.action === 'stopCluster' && cluster?.state !== 'stopped') wrong.push(`stopped, and ${cluster?.state}`)
  })
  await Promise.all(
    ['a', 'b', 'c', 'd', 'e', 'f'].map(async name => {
      await rig.create({ name, nodes: 2 })
      await rig.done(rig.engine.clusters.stop(ann, name))
      await rig.done(rig.engine.clusters.remove(ann, name))
    }),
  )
  assert.deepEqual(wrong, [])
})
