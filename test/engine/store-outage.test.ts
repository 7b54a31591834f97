import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Act } from '../../src/drivers/simulated/acts.ts'
import { hasEnded } from '../../src/engine/operations/view.ts'
import { ann, assertNothingLeft, type Rig, refused, root, startRig } from '../support/engine-on-simulated.ts'
import { createFailingStore, type FailingStore } from '../support/failing-store.ts'

async function startOnFailing(t: Parameters<typeof startRig>[0]): Promise<{ rig: Rig; database: FailingStore }> {
  const made = Promise.withResolvers<FailingStore>()
  const rig = await startRig(t, {
    through: {
      store(store) {
        const database = createFailingStore(store)
        made.resolve(database)
        return database
      },
    },
  })
  return { rig, database: await made.promise }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setImmediate(resolve))
}

const retried = (rig: Rig) => rig.log.entries.some(entry => entry.text.includes('tried again later'))

test('without the database commands are refused as unavailable and change nothing; reads go on', async t => {
  const { rig, database } = await startOnFailing(t)
  await rig.create({ name: 'alex', nodes: 2 })
  database.fail()
  const { clusters, nodes, tables } = rig.engine
  const unavailable = refused('Unavailable', /database is not available/)
  await assert.rejects(clusters.create(ann, { name: 'blue' }), unavailable)
  await assert.rejects(clusters.patch(ann, 'alex', { nodes: 3 }), unavailable)
  await assert.rejects(clusters.remove(ann, 'alex'), unavailable)
  await assert.rejects(nodes.stop(ann, rig.worker('alex').name), unavailable)
  assert.equal(tables.clusters.list({ viewer: ann }).items.length, 1)
  assert.match(await clusters.kubeconfig(ann, 'alex'), /kind-alex/)
  rig.runtime.inject.killNode(rig.worker('alex').name)
  assert.equal(rig.cluster('alex').state, 'degraded', 'what happens is shown, too')
  database.mend()
  await rig.done(clusters.patch(ann, 'alex', { nodes: 3 }))
  assert.deepEqual([rig.cluster('alex').state, rig.cluster('alex').readyNodes], ['ready', 3])
})

const acts: Act[] = ['find', 'ensureNetwork', 'create', 'prepare', 'start', 'init', 'initDone', 'addons', 'join']

for (const act of acts)
  test(`a creation does not fail when the database goes during ${act}: it goes on when that is back`, async t => {
    const { rig, database } = await startOnFailing(t)
    const release = rig.runtime.inject.pause(act)
    const create = await rig.engine.clusters.create(ann, { name: 'alex', nodes: 2 })
    await release.reached
    database.fail()
    release()
    await until(() => retried(rig))
    database.mend()
    await rig.done(create)
    assert.equal(rig.cluster('alex').state, 'ready')
  })

test('a deletion goes on when the database is back', async t => {
  const { rig, database } = await startOnFailing(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const release = rig.runtime.inject.pause('removeNetwork')
  const remove = await rig.engine.clusters.remove(ann, 'alex')
  await release.reached
  database.fail()
  release()
  await until(() => retried(rig))
  database.mend()
  await rig.done(remove)
  await assertNothingLeft(rig)
})

test('a command that was written and could not be answered is carried out, and its key finds it', async t => {
  const { rig, database } = await startOnFailing(t)
  const key = { idempotencyKey: 'a-key' }
  database.failAfterCommit()
  await assert.rejects(rig.engine.clusters.create(ann, { name: 'alex', nodes: 1 }, key), refused('Unavailable'))
  database.mend()
  const again = await rig.engine.clusters.create(ann, { name: 'alex', nodes: 1 }, key)
  await rig.done(again)
  assert.equal(rig.engine.tables.operations.list({ viewer: root }).items.length, 1)
  await assert.rejects(rig.engine.clusters.create(ann, { name: 'alex' }), refused('AlreadyExists'))
})

test('the same command without a key is refused by its name, not by an error of the database', async t => {
  const { rig, database } = await startOnFailing(t)
  const release = rig.runtime.inject.pause('find')
  database.failAfterCommit()
  await assert.rejects(rig.engine.clusters.create(ann, { name: 'alex' }), refused('Unavailable'))
  database.mend()
  await assert.rejects(rig.engine.clusters.create(ann, { name: 'alex' }), refused('AlreadyExists'))
  release()
})

test('a creation outlives that all connections to the database are cut, again and again', async t => {
  const rig = await startRig(t)
  let cuts = 0
  rig.engine.tables.operations.subscribe(({ object }) => {
    if (hasEnded(object) || cuts++ >= 6) return
    rig.store.sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`.catch(() => undefined)
  })
  const create = async () => {
    try {
      return await rig.engine.clusters.create(ann, { name: 'alex', nodes: 3 }, { idempotencyKey: 'a-key' })
    } catch (error) {
      refused('Unavailable')(error)
      return undefined
    }
  }
  let operation = await create()
  while (!operation) operation = await create()
  await rig.done(operation)
  assert.deepEqual([rig.cluster('alex').state, rig.cluster('alex').readyNodes], ['ready', 3])
  assert.ok(cuts > 0)
})
