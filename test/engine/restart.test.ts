import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Act } from '../../src/drivers/simulated/acts.ts'
import { createSimulatedRuntime } from '../../src/drivers/simulated/runtime.ts'
import { readGatewayId } from '../../src/store/gateway.ts'
import { createFakeClock } from '../support/clock.ts'
import { createEagerClock } from '../support/eager-clock.ts'
import {
  ann,
  assertNothingLeft,
  emptyStore,
  newEngine,
  refused,
  root,
  startOn,
  startRig,
} from '../support/engine-on-simulated.ts'
import { createFailingStore } from '../support/failing-store.ts'
import { silent } from '../support/log.ts'

const acts: Act[] = ['pull', 'init', 'initDone', 'addons', 'join']

for (const act of acts)
  test(`stopped while ${act} goes on, the gateway leaves things as they are and goes on at its next start`, async t => {
    const clock = createEagerClock()
    const real = { store: await emptyStore(), runtime: createSimulatedRuntime({ clock, pace: 0 }), clock }
    const first = await startOn(t, real)
    const release = real.runtime.inject.pause(act)
    const { id } = await first.engine.clusters.create(ann, { name: 'alex', image: 'kindest/node:v1.35.1', nodes: 2 })
    await release.reached
    await first.engine.close()
    release()
    const rig = await startOn(t, real)
    const operation = await rig.done(rig.operation(id, () => true))
    assert.ok(operation.steps.every(step => step.state === 'succeeded'))
    assert.equal(operation.steps.length, 9, 'the steps that were done before count, too')
    assert.deepEqual([rig.cluster('alex').state, rig.cluster('alex').readyNodes], ['ready', 2])
  })

test('after its end the gateway leaves no timer and does nothing more', async t => {
  const clock = createFakeClock()
  const rig = await startRig(t, { clock })
  await rig.create({ name: 'alex', nodes: 1 })
  // An event may have it tried again at once, so that one failure could pass unseen.
  for (let times = 0; times < 10; times++) rig.runtime.inject.failNext('removeNetwork', new Error('active endpoints'))
  const { id } = await rig.engine.clusters.remove(ann, 'alex')
  await rig.operation(id, each => each.message.startsWith('failed and is tried again'))
  assert.ok(clock.sleepers > 0)
  await rig.engine.close()
  assert.equal(clock.sleepers, 0)
  const before = rig.engine.tables.operations.list({ viewer: root }).resourceVersion
  rig.runtime.inject.addKindCluster('kind')
  await clock.advance(3_600_000)
  assert.equal(rig.engine.tables.clusters.byName('kind'), undefined)
  assert.equal(rig.engine.tables.operations.list({ viewer: root }).resourceVersion, before)
})

test('a gateway that was started shows all it has, before Docker was looked at', async t => {
  const clock = createEagerClock()
  const real = { store: await emptyStore(), runtime: createSimulatedRuntime({ clock, pace: 0 }), clock }
  const first = await startOn(t, real)
  await first.create({ name: 'alex', nodes: 2 })
  await first.engine.close()
  real.runtime.inject.breakDaemon('connect ENOENT /var/run/docker.sock')
  const rig = await startOn(t, real)
  assert.deepEqual([rig.cluster('alex').nodes, rig.nodes('alex').length], [2, 2])
  const scale = await rig.engine.clusters.patch(ann, 'alex', { nodes: 3 })
  await rig.operation(scale.id, each => each.message.startsWith('waits for Docker: '))
  real.runtime.inject.mendDaemon()
  await rig.done(scale)
})

test('a gateway that cannot reach its database does not start, and can be closed', async () => {
  const store = await emptyStore()
  const database = createFailingStore(store)
  const clock = createEagerClock()
  const engine = await newEngine({
    store: database,
    runtime: createSimulatedRuntime({ clock, pace: 0 }),
    clock,
    log: silent,
    gatewayId: await readGatewayId(store),
  })
  database.fail()
  await assert.rejects(engine.start(), refused('Unavailable'))
  await engine.close()
})

test('deleting goes on after a restart, whatever is left', async t => {
  const clock = createEagerClock()
  const real = { store: await emptyStore(), runtime: createSimulatedRuntime({ clock, pace: 0 }), clock }
  const first = await startOn(t, real)
  await first.create({ name: 'alex', nodes: 3 })
  await first.engine.close()
  await real.store.sql`update clusters set deleting = true`
  const rig = await startOn(t, real)
  await rig.until(() => rig.engine.tables.clusters.byName('alex') === undefined)
  await assertNothingLeft(rig)
})
