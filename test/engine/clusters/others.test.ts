import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasEnded } from '../../../src/engine/operations/view.ts'
import {
  ann,
  assertNothingLeft,
  outcome,
  type Rig,
  refused,
  root,
  startRig,
} from '../../support/engine-on-simulated.ts'

const repairs = (rig: Rig) =>
  rig.engine.tables.operations.list({ viewer: root, filter: each => each.action === 'repairCluster' }).items

test('a node that somebody kills is named, and stays stopped until somebody asks', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 3 })
  const { name } = rig.worker('alex')
  rig.runtime.inject.killNode(name)
  assert.deepEqual(
    [rig.cluster('alex').state, rig.cluster('alex').message],
    ['degraded', `${name} is stopped (exit code 137)`],
  )
  assert.equal(rig.worker('alex').running, true, 'it shall run')
  await rig.done(rig.engine.clusters.patch(ann, 'alex', { labels: { seen: 'yes' } }))
  assert.equal(rig.cluster('alex').state, 'ready', 'whoever asks for something gets the cluster as it shall be')
  assert.deepEqual(repairs(rig), [])
})

test('a control plane that somebody kills makes its cluster degraded, and a start mends it', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const { name } = rig.controlPlane('alex')
  rig.runtime.inject.killNode(name)
  const { state, message, readyNodes } = rig.cluster('alex')
  assert.deepEqual({ state, readyNodes }, { state: 'degraded', readyNodes: 0 })
  assert.match(message, new RegExp(`^${name} is stopped \\(exit code 137\\); node-.*the control plane does not run$`))
  await rig.done(rig.engine.nodes.start(ann, name))
  assert.deepEqual([rig.cluster('alex').state, rig.cluster('alex').readyNodes], ['ready', 2])
})

test('a worker that somebody removes is made again under its name and address, and that is an operation', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 3 })
  const before = rig.worker('alex')
  const release = rig.runtime.inject.pause('create', before.name)
  rig.runtime.inject.removeNode(before.name)
  await release.reached
  assert.deepEqual(
    [rig.worker('alex').state, rig.worker('alex').message, rig.cluster('alex').message],
    ['created', 'has no container', `${before.name} has no container`],
  )
  const [repair] = repairs(rig)
  assert.ok(repair)
  assert.deepEqual([repair.owner, repair.target], ['ann', { kind: 'cluster', name: 'alex' }])
  release()
  const { steps } = await rig.done(repair)
  assert.deepEqual(
    steps.map(step => step.name),
    ['image', 'workers', 'join', 'ready'],
  )
  const after = rig.worker('alex')
  assert.deepEqual([after.name, after.address, after.state], [before.name, before.address, 'ready'])
  assert.notEqual(after.containerId, before.containerId)
  assert.equal(rig.cluster('alex').state, 'ready')
})

test('a repair that fails is tried again', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  for (let times = 0; times < 3; times++) rig.runtime.inject.failNext('join', new Error('connection refused'))
  rig.runtime.inject.removeNode(rig.worker('alex').name)
  await rig.until(() => repairs(rig).some(hasEnded))
  assert.deepEqual(repairs(rig).map(outcome), [{ state: 'succeeded', step: null }])
  assert.equal(rig.cluster('alex').readyNodes, 2)
})

test('a worker that is removed while something else is brought about is made again with it', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const { name } = rig.worker('alex')
  const release = rig.runtime.inject.pause('join')
  const scale = await rig.engine.clusters.patch(ann, 'alex', { nodes: 3 })
  await release.reached
  rig.runtime.inject.removeNode(name)
  release()
  await rig.done(scale)
  assert.deepEqual([rig.cluster('alex').state, rig.cluster('alex').readyNodes], ['ready', 3])
})

test('a node that was stopped on purpose is not made again before somebody starts it', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const { name } = rig.worker('alex')
  await rig.done(rig.engine.nodes.stop(ann, name))
  rig.runtime.inject.removeNode(name)
  await rig.done(rig.engine.clusters.patch(ann, 'alex', { labels: { a: 'b' } }))
  assert.equal(rig.worker('alex').state, 'created')
  await rig.done(rig.engine.nodes.start(ann, name))
  assert.equal(rig.cluster('alex').readyNodes, 2)
})

test('a cluster whose control plane somebody removes has failed, says why, and can be deleted', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 3 })
  const { name } = rig.controlPlane('alex')
  rig.runtime.inject.removeNode(name)
  await rig.until(() => rig.cluster('alex').state === 'failed')
  assert.match(rig.cluster('alex').message, new RegExp(`control plane node ${name} was removed`))
  await assert.rejects(rig.engine.clusters.start(ann, 'alex'), refused('Conflict', /can only be deleted/))
  await assert.rejects(rig.engine.clusters.kubeconfig(ann, 'alex'), refused('Conflict'))
  await rig.done(rig.engine.clusters.remove(ann, 'alex'))
  await assertNothingLeft(rig)
})

test('what is being done to a cluster whose control plane goes fails at once, and says why', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const release = rig.runtime.inject.pause('join')
  const scale = await rig.engine.clusters.patch(ann, 'alex', { nodes: 3 })
  await release.reached
  rig.runtime.inject.removeNode(rig.controlPlane('alex').name)
  const { state, message } = await rig.ended(scale)
  assert.equal(state, 'failed')
  assert.match(message, /was removed/)
  release()
  await rig.until(() => rig.cluster('alex').state === 'failed')
  await rig.done(rig.engine.clusters.remove(ann, 'alex'))
  await assertNothingLeft(rig)
})

test('a creation whose control plane somebody removes fails, and leaves nothing behind', async t => {
  const rig = await startRig(t)
  const release = rig.runtime.inject.pause('join')
  const create = await rig.engine.clusters.create(ann, { name: 'alex', nodes: 2 })
  await rig.operation(create.id, each => each.steps.some(step => step.name === 'init' && step.state === 'succeeded'))
  await release.reached
  rig.runtime.inject.removeNode(rig.controlPlane('alex').name)
  release()
  assert.equal((await rig.ended(create)).state, 'failed')
  await assertNothingLeft(rig)
})
