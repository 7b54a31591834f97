import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RuntimeError } from '../../../src/drivers/runtime.ts'
import type { Act } from '../../../src/drivers/simulated/acts.ts'
import { createFakeClock } from '../../support/clock.ts'
import {
  ann,
  assertNothingLeft,
  outcome,
  type Rig,
  refused,
  startRig,
  worldOf,
} from '../../support/engine-on-simulated.ts'

const output = 'error: the node is on fire\n'
const broken = (act: Act) => new RuntimeError('BootstrapFailed', `${act} failed`, { output })

/** Which step each act of a creation belongs to. */
const steps: [Act, string][] = [
  ['find', 'image'],
  ['taken', 'network'],
  ['ensureNetwork', 'network'],
  ['create', 'control-plane'],
  ['prepare', 'control-plane'],
  ['start', 'control-plane'],
  ['init', 'api-server'],
  ['initDone', 'init'],
  ['addons', 'addons'],
  ['join', 'join'],
]

/** Fails for the control plane, where workers do the same in another step. */
const failNext = (rig: Rig, act: Act) => {
  const inControlPlane = ['create', 'prepare', 'start'].includes(act)
  if (!inControlPlane) return rig.runtime.inject.failNext(act, broken(act))
  const watching = rig.engine.tables.nodes.subscribe(({ object }) => {
    if (object.role !== 'control-plane') return
    watching()
    rig.runtime.inject.failNext(act, broken(act), object.name)
  })
}

for (const [act, step] of steps) {
  test(`a creation whose ${act} fails says so, and leaves nothing behind`, async t => {
    const rig = await startRig(t)
    failNext(rig, act)
    const operation = await rig.ended(rig.engine.clusters.create(ann, { name: 'alex', nodes: 3 }))
    assert.deepEqual(outcome(operation), { state: 'failed', step })
    assert.deepEqual(operation.error, { step, message: `${act} failed`, output })
    assert.equal(operation.message, `${act} failed`)
    assert.deepEqual(
      operation.steps
        .filter(each => each.state === 'failed' || each.state === 'running')
        .map(each => [each.name, each.state]),
      [[step, 'failed']],
    )
    await assertNothingLeft(rig)
    await rig.create({ name: 'alex', nodes: 1 })
  })

  test(`a creation whose ${act} fails leaves a failed cluster when that is to be retained`, async t => {
    const rig = await startRig(t)
    failNext(rig, act)
    const operation = await rig.ended(rig.engine.clusters.create(ann, { name: 'alex', nodes: 2, retain: true }))
    assert.deepEqual(outcome(operation), { state: 'failed', step })
    assert.deepEqual([rig.cluster('alex').state, rig.cluster('alex').message], ['failed', `${act} failed`])
    await assert.rejects(rig.engine.clusters.start(ann, 'alex'), refused('Conflict', /can only be deleted/))
    await assert.rejects(rig.engine.nodes.add(ann, 'alex', {}), refused('Conflict', /can only be deleted/))
    await rig.done(rig.engine.clusters.remove(ann, 'alex'))
    await assertNothingLeft(rig)
  })
}

test('a node that does not become ready fails the operation when the time for that is over, and is named', async t => {
  const clock = createFakeClock()
  const rig = await startRig(t, { clock, settings: { stepTimeoutMs: 300_000 } })
  const release = rig.runtime.inject.pause('addons')
  const { id } = await rig.engine.clusters.create(ann, { name: 'alex', nodes: 2 })
  await rig.operation(id, each => each.steps.some(step => step.name === 'join' && step.state === 'succeeded'))
  const { name } = rig.worker('alex')
  rig.runtime.inject.killNode(name)
  release()
  await rig.operation(id, each => each.message === '9 of 9: waiting for 2 nodes to be ready')
  await clock.advance(300_000)
  const operation = await rig.operation(id, each => each.finishedAt !== null)
  assert.deepEqual(outcome(operation), { state: 'failed', step: 'ready' })
  assert.equal(operation.error?.message, `not ready: ${name} is stopped (exit code 137)`)
  await assertNothingLeft(rig)
})

for (const [act, step] of [
  ['init', 'api-server'],
  ['initDone', 'init'],
  ['addons', 'addons'],
  ['join', 'join'],
] as const)
  test(`a creation whose ${act} hangs fails when its time is over, and leaves nothing behind`, async t => {
    const clock = createFakeClock()
    const rig = await startRig(t, { clock, settings: { stepTimeoutMs: 300_000 } })
    const release = rig.runtime.inject.pause(act)
    const { id } = await rig.engine.clusters.create(ann, { name: 'alex', nodes: 2 })
    await release.reached
    const goesOn = ({ name, state }: { name: string; state: string }) => name !== step && state === 'running'
    await rig.operation(
      id,
      each => each.steps.some(({ name, state }) => name === step && state === 'running') && !each.steps.some(goesOn),
    )
    await clock.advance(300_000)
    const operation = await rig.operation(id, each => each.finishedAt !== null)
    assert.deepEqual(outcome(operation), { state: 'failed', step })
    assert.equal(operation.error?.message, 'did not end within 300 s')
    release()
    await assertNothingLeft(rig)
  })

for (const act of ['find', 'create', 'prepare', 'start', 'join'] as const)
  test(`a scale up whose ${act} fails leaves the cluster as it was`, async t => {
    const rig = await startRig(t)
    await rig.create({ name: 'alex', nodes: 2 })
    const before = (await worldOf(rig.runtime)).nodes
    rig.runtime.inject.failNext(act, broken(act))
    const operation = await rig.ended(rig.engine.clusters.patch(ann, 'alex', { nodes: 4 }))
    assert.deepEqual(outcome(operation), {
      state: 'failed',
      step: act === 'find' ? 'image' : act === 'join' ? 'join' : 'workers',
    })
    assert.equal(operation.error?.output, output)
    const { state, nodes, readyNodes } = rig.cluster('alex')
    assert.deepEqual({ state, nodes, readyNodes }, { state: 'ready', nodes: 2, readyNodes: 2 })
    assert.deepEqual((await worldOf(rig.runtime)).nodes, before)
    await rig.done(rig.engine.clusters.patch(ann, 'alex', { nodes: 3 }))
  })

test('a start that fails says so, leaves the cluster as it is, and can be asked for again', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  await rig.done(rig.engine.clusters.stop(ann, 'alex'))
  const { name } = rig.worker('alex')
  rig.runtime.inject.failNext('start', new Error('no space left on device'), name)
  const operation = await rig.ended(rig.engine.clusters.start(ann, 'alex'))
  assert.deepEqual(outcome(operation), { state: 'failed', step: 'workers' })
  assert.equal(operation.error?.message, 'no space left on device')
  assert.equal(rig.cluster('alex').state, 'degraded')
  assert.match(rig.cluster('alex').message, new RegExp(name))
  assert.equal(rig.nodes('alex').length, 2)
  await rig.done(rig.engine.clusters.start(ann, 'alex'))
  assert.equal(rig.cluster('alex').state, 'ready')
})

test('a stop that fails says so, and is brought about all the same', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  rig.runtime.inject.failNext('stop', new Error('device busy'))
  const operation = await rig.ended(rig.engine.clusters.stop(ann, 'alex'))
  assert.deepEqual(outcome(operation), { state: 'failed', step: 'stop-workers' })
  await rig.until(() => rig.cluster('alex').state === 'stopped')
})

test('a removal that fails is tried again until it is done, and says so meanwhile', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const messages: string[] = []
  rig.engine.tables.operations.subscribe(({ object }) => messages.push(object.message))
  for (let times = 0; times < 3; times++) rig.runtime.inject.failNext('removeNetwork', new Error('active endpoints'))
  await rig.done(rig.engine.clusters.remove(ann, 'alex'))
  assert.ok(messages.includes('failed and is tried again: active endpoints'), messages.join('\n'))
  await assertNothingLeft(rig)
})

test('when the removal of what a failure left fails too, the operation ends as failed once that is done', async t => {
  const rig = await startRig(t)
  rig.runtime.inject.failNext('join', broken('join'))
  rig.runtime.inject.failNext('remove', new Error('device busy'))
  const operation = await rig.ended(rig.engine.clusters.create(ann, { name: 'alex', nodes: 2 }))
  assert.deepEqual(outcome(operation), { state: 'failed', step: 'join' })
  await assertNothingLeft(rig)
})
