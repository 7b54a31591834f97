import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Act } from '../../../src/drivers/simulated/acts.ts'
import { ann, assertNothingLeft, bob, refused, root, startRig } from '../../support/engine-on-simulated.ts'

test('deleting a cluster removes all of it', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 3 })
  const release = rig.runtime.inject.pause('remove')
  const remove = await rig.engine.clusters.remove(ann, 'alex')
  assert.deepEqual([remove.action, remove.state], ['deleteCluster', 'pending'])
  assert.equal(rig.cluster('alex').state, 'deleting')
  await release.reached
  release()
  const { steps, message } = await rig.done(remove)
  assert.deepEqual(
    steps.map(step => step.title),
    ['removing 3 nodes', 'removing the network'],
  )
  assert.equal(message, 'done')
  await assertNothingLeft(rig)
  await assert.rejects(rig.engine.clusters.remove(ann, 'alex'), refused('NotFound'))
})

test('asked again while it goes on, deletion is the same operation, also for many at once', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 1 })
  const release = rig.runtime.inject.pause('remove')
  const all = await Promise.all(Array.from({ length: 5 }, () => rig.engine.clusters.remove(ann, 'alex')))
  all.push(await rig.engine.clusters.remove(ann, 'alex', { idempotencyKey: 'again' }))
  assert.equal(new Set(all.map(operation => operation.id)).size, 1)
  release()
  for (const operation of all) await rig.done(operation)
})

test('a cluster on its way out takes no other command', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const worker = rig.worker('alex').name
  const release = rig.runtime.inject.pause('removeNetwork')
  const remove = await rig.engine.clusters.remove(ann, 'alex')
  const deleting = refused('Conflict', /is being deleted/)
  const { clusters, nodes } = rig.engine
  await assert.rejects(clusters.patch(ann, 'alex', { nodes: 3 }), deleting)
  await assert.rejects(clusters.patch(ann, 'alex', { labels: { a: 'b' } }), deleting)
  await assert.rejects(clusters.start(ann, 'alex'), deleting)
  await assert.rejects(clusters.stop(ann, 'alex'), deleting)
  await assert.rejects(nodes.add(ann, 'alex', {}), deleting)
  await assert.rejects(nodes.remove(ann, worker), deleting)
  await assert.rejects(nodes.start(ann, worker), deleting)
  await assert.rejects(nodes.stop(ann, worker), deleting)
  await assert.rejects(clusters.create(ann, { name: 'alex' }), refused('AlreadyExists'))
  release()
  await rig.done(remove)
})

const acts: Act[] = [
  'find',
  'taken',
  'ensureNetwork',
  'create',
  'prepare',
  'start',
  'init',
  'initDone',
  'addons',
  'join',
]

for (const act of acts)
  test(`deleted while ${act} goes on, a creation is cancelled and nothing is left`, async t => {
    const rig = await startRig(t)
    const release = rig.runtime.inject.pause(act)
    const create = await rig.engine.clusters.create(ann, { name: 'alex', nodes: 3 })
    await release.reached
    const remove = await rig.engine.clusters.remove(ann, 'alex')
    assert.equal(rig.cluster('alex').state, 'deleting')
    release()
    await rig.done(remove)
    const { state, message, error, steps } = await rig.ended(create)
    assert.deepEqual({ state, message, error }, { state: 'cancelled', message: 'the cluster was deleted', error: null })
    assert.ok(!steps.some(step => step.state === 'running'))
    await assertNothingLeft(rig)
  })

test('deleted while an image is pulled, a creation stops pulling', async t => {
  const rig = await startRig(t)
  const release = rig.runtime.inject.pause('pull')
  const create = await rig.engine.clusters.create(ann, { name: 'alex', image: 'kindest/node:v1.35.1' })
  await release.reached
  await rig.done(rig.engine.clusters.remove(ann, 'alex'))
  assert.equal((await rig.ended(create)).state, 'cancelled')
  release()
  assert.equal(await rig.runtime.images.find('kindest/node:v1.35.1'), undefined)
  await assertNothingLeft(rig)
})

test('whatever was asked of a cluster before its deletion is cancelled by it', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const release = rig.runtime.inject.pause('create')
  const scale = await rig.engine.clusters.patch(ann, 'alex', { nodes: 3 })
  await release.reached
  const stop = await rig.engine.clusters.stop(ann, 'alex')
  const remove = await rig.engine.clusters.remove(ann, 'alex')
  release()
  await rig.done(remove)
  assert.deepEqual([(await rig.ended(scale)).state, (await rig.ended(stop)).state], ['cancelled', 'cancelled'])
  await assertNothingLeft(rig)
})

test('deleting one cluster leaves the others alone', async t => {
  const rig = await startRig(t)
  await Promise.all([rig.create({ name: 'alex', nodes: 2 }), rig.create({ name: 'blue', nodes: 2 }, bob)])
  await rig.done(rig.engine.clusters.remove(root, 'alex'))
  assert.deepEqual([rig.cluster('blue').state, rig.cluster('blue').readyNodes], ['ready', 2])
  assert.equal(rig.engine.tables.networks.list({ viewer: root }).items.length, 1)
})
