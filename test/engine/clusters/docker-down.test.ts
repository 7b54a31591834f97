import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Act } from '../../../src/drivers/simulated/acts.ts'
import { ann, assertNothingLeft, refused, root, startRig } from '../../support/engine-on-simulated.ts'

const reason = 'connect ENOENT /var/run/docker.sock'
const waits = { message: `waits for Docker: ${reason}`, state: 'running' }

test('without Docker commands are accepted and say that they wait, and all is done once it is back', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  rig.runtime.inject.breakDaemon(reason)
  const scale = await rig.engine.clusters.patch(ann, 'alex', { nodes: 3 })
  const create = await rig.engine.clusters.create(ann, { name: 'blue', nodes: 1 })
  for (const { id } of [scale, create]) {
    const { message, state } = await rig.operation(id, each => each.message !== 'accepted')
    assert.deepEqual({ message, state }, waits)
  }
  rig.runtime.inject.mendDaemon()
  await Promise.all([rig.done(scale), rig.done(create)])
  assert.deepEqual([rig.cluster('alex').readyNodes, rig.cluster('blue').state], [3, 'ready'])
})

test('without Docker lists go on answering, and say since when they are stale', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const { tables, version, health } = rig.engine
  const lists = () => [tables.clusters, tables.nodes, tables.networks].map(table => table.list({ viewer: root }))
  assert.deepEqual(
    lists().map(list => list.stale),
    [undefined, undefined, undefined],
  )
  rig.runtime.inject.breakDaemon(reason)
  const since = version().staleSince
  assert.ok(since)
  for (const list of lists()) {
    assert.deepEqual([list.stale, list.staleSince, list.staleReason], [true, since, reason])
    assert.ok(list.items.length > 0)
  }
  assert.deepEqual(
    health().filter(check => !check.ready),
    [{ name: 'runtime', ready: false, message: reason }],
  )
  await assert.rejects(rig.engine.clusters.kubeconfig(ann, 'alex'), refused('Unavailable'))
  await assert.rejects(rig.engine.nodes.processes(ann, rig.worker('alex').name), refused('Unavailable'))
  rig.runtime.inject.mendDaemon()
  assert.deepEqual([version().staleSince, ...lists().map(list => list.stale)], [null, undefined, undefined, undefined])
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
  test(`when Docker goes down while ${act} goes on, the creation waits and then goes on`, async t => {
    const rig = await startRig(t)
    const release = rig.runtime.inject.pause(act)
    const create = await rig.engine.clusters.create(ann, { name: 'alex', nodes: 3 })
    await release.reached
    rig.runtime.inject.breakDaemon(reason)
    const { message, state } = await rig.operation(create.id, each => each.message.startsWith('waits'))
    assert.deepEqual({ message, state }, waits)
    release()
    rig.runtime.inject.mendDaemon()
    await rig.done(create)
    assert.deepEqual([rig.cluster('alex').state, rig.cluster('alex').readyNodes], ['ready', 3])
    await rig.done(rig.engine.clusters.remove(ann, 'alex'))
    await assertNothingLeft(rig)
  })

for (const [what, act] of [
  ['stop', 'stop'],
  ['deletion', 'remove'],
  ['scale down', 'drain'],
] as const)
  test(`when Docker goes down during a ${what}, it goes on afterwards`, async t => {
    const rig = await startRig(t)
    await rig.create({ name: 'alex', nodes: 3 })
    const release = rig.runtime.inject.pause(act)
    const { clusters } = rig.engine
    const commands = {
      stop: () => clusters.stop(ann, 'alex'),
      deletion: () => clusters.remove(ann, 'alex'),
      'scale down': () => clusters.patch(ann, 'alex', { nodes: 1 }),
    }
    const operation = await commands[what]()
    await release.reached
    rig.runtime.inject.breakDaemon(reason)
    release()
    await rig.operation(operation.id, each => each.message.startsWith('waits'))
    rig.runtime.inject.mendDaemon()
    await rig.done(operation)
  })

test('what happened while Docker was away is seen when it is back', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 3 })
  const [first, second] = [rig.worker('alex', 0).name, rig.worker('alex', 1).name]
  rig.runtime.inject.breakDaemon(reason)
  rig.runtime.inject.killNode(first)
  rig.runtime.inject.removeNode(second)
  rig.runtime.inject.mendDaemon()
  assert.equal(rig.cluster('alex').state, 'degraded')
  await rig.until(() => rig.cluster('alex').readyNodes === 2)
  assert.equal(rig.cluster('alex').message, `${first} is stopped (exit code 137)`)
})

test('deleting without Docker is accepted, and done when it is back', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  rig.runtime.inject.breakDaemon(reason)
  const remove = await rig.engine.clusters.remove(ann, 'alex')
  assert.equal((await rig.operation(remove.id, each => each.message !== 'accepted')).message, waits.message)
  rig.runtime.inject.mendDaemon()
  await rig.done(remove)
  await assertNothingLeft(rig)
})
