import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSimulatedRuntime } from '../../../src/drivers/simulated/runtime.ts'
import { createFakeClock } from '../../support/clock.ts'
import { recordNodes } from '../recorder.ts'
import { asObserved, bringUp, planCluster } from './cluster.ts'

test('at pace 0 everything happens at once', async () => {
  const clock = createFakeClock()
  const runtime = createSimulatedRuntime({ clock, pace: 0 })
  const began = clock.now()
  const { controlPlane, workers } = await bringUp(runtime, 'one', 2)
  const { signal } = new AbortController()
  const nodes = recordNodes(1000)
  void (await runtime.bootstrap.access(asObserved(controlPlane))).watchNodes(nodes, signal)
  await clock.settle()
  assert.deepEqual(
    [controlPlane, ...workers].map(node => nodes.nodes.get(node.name)?.ready),
    [true, true, true],
  )
  assert.equal(clock.now(), began)
  assert.equal(clock.sleepers, 0)
})

test('the time of a cluster grows with the pace', async () => {
  const timeAt = async (pace: number) => {
    const clock = createFakeClock(0)
    await clock.run(bringUp(createSimulatedRuntime({ clock, pace }), 'one', 2))
    return clock.now()
  }
  const asInLife = await timeAt(10)
  assert.ok(asInLife > 5000 && asInLife < 30_000, `${asInLife} ms`)
  assert.equal(await timeAt(1), asInLife / 10)
})

test('nodes are NotReady until their network is there, and some time after they stopped', async t => {
  const clock = createFakeClock()
  const runtime = createSimulatedRuntime({ clock, pace: 1 })
  const { spec, controlPlane, workers } = await clock.run(planCluster(runtime, 'one', 1))
  const [worker] = workers
  assert.ok(worker)
  const stop = new AbortController()
  t.after(() => stop.abort())
  for (const node of [controlPlane, worker]) {
    await clock.run(runtime.nodes.create(node))
    await clock.run(runtime.bootstrap.prepare(spec, node))
    await clock.run(runtime.nodes.start(node.name))
  }
  const nodes = recordNodes(1000)
  void (await runtime.bootstrap.access(asObserved(controlPlane))).watchNodes(nodes, stop.signal)
  await clock.settle()
  assert.deepEqual(nodes.told, ['down'])

  await clock.run(runtime.bootstrap.init(spec, stop.signal).done)
  await clock.run(runtime.bootstrap.join(spec, worker, stop.signal))
  await clock.advance(60_000)
  assert.deepEqual(nodes.told, ['down', 'synced', `${controlPlane.name} NotReady`, `${worker.name} NotReady`])
  assert.match(nodes.nodes.get(worker.name)?.message ?? '', /cni plugin not initialized/)

  await clock.run(runtime.bootstrap.addons(spec, stop.signal))
  assert.equal(nodes.told.length, 4)
  await clock.advance(1000)
  assert.deepEqual(nodes.told.slice(4), [`${controlPlane.name} Ready`, `${worker.name} Ready`])

  await clock.run(runtime.nodes.stop(worker.name, 10))
  await clock.advance(3000)
  assert.equal(nodes.nodes.get(worker.name)?.ready, true)
  await clock.advance(3000)
  assert.equal(nodes.nodes.get(worker.name)?.ready, false)
  assert.match(nodes.nodes.get(worker.name)?.message ?? '', /stopped posting/)

  await clock.run(runtime.nodes.start(worker.name))
  await clock.advance(1000)
  assert.equal(nodes.nodes.get(worker.name)?.ready, true)
})

test('a node that is back before anybody missed it stays Ready', async t => {
  const clock = createFakeClock()
  const runtime = createSimulatedRuntime({ clock, pace: 1 })
  const { controlPlane, workers } = await clock.run(bringUp(runtime, 'one', 1))
  const worker = workers[0]?.name ?? ''
  await clock.advance(1000)
  const stop = new AbortController()
  t.after(() => stop.abort())
  const nodes = recordNodes(1000)
  void (await runtime.bootstrap.access(asObserved(controlPlane))).watchNodes(nodes, stop.signal)
  await clock.run(runtime.nodes.stop(worker, 10))
  await clock.run(runtime.nodes.start(worker))
  await clock.advance(60_000)
  assert.deepEqual(nodes.told, ['synced'])
})

test('a stopped control plane answers again some time after its start, with what it knew', async t => {
  const clock = createFakeClock()
  const runtime = createSimulatedRuntime({ clock, pace: 1 })
  const { controlPlane, workers } = await clock.run(bringUp(runtime, 'one', 1))
  await clock.advance(1000)
  const stop = new AbortController()
  t.after(() => stop.abort())
  const access = await runtime.bootstrap.access(asObserved(controlPlane))
  const nodes = recordNodes(1000)
  void access.watchNodes(nodes, stop.signal)
  await clock.run(runtime.nodes.stop(controlPlane.name, 10))
  assert.deepEqual(nodes.told, ['synced', 'down'])
  await assert.rejects(access.deleteNode('any', stop.signal), /does not answer/)
  await clock.run(runtime.nodes.start(controlPlane.name))
  assert.deepEqual(nodes.told, ['synced', 'down'])
  await clock.advance(1000)
  assert.deepEqual(nodes.told, ['synced', 'down', 'synced'])
  assert.deepEqual([...nodes.nodes.keys()], [controlPlane.name, workers[0]?.name])
})

test('a pull tells how far it is, and can be broken off', async () => {
  const clock = createFakeClock()
  const runtime = createSimulatedRuntime({ clock, pace: 1 })
  const reference = 'kindest/node:v1.33.1'
  const stop = new AbortController()
  const progress: number[] = []
  const pulling = runtime.images.pull(reference, (done, total) => progress.push(done / total), stop.signal)
  await clock.advance(1000)
  assert.ok(progress.length > 1 && (progress.at(-1) ?? 1) < 1)
  stop.abort(new Error('not wanted'))
  await assert.rejects(pulling, /not wanted/)
  assert.equal(await runtime.images.find(reference), undefined)

  progress.length = 0
  await clock.run(
    runtime.images.pull(reference, (done, total) => progress.push(done / total), new AbortController().signal),
  )
  assert.equal(progress.at(-1), 1)
  assert.deepEqual(
    progress,
    progress.toSorted((a, b) => a - b),
  )
  assert.deepEqual((await runtime.images.find(reference))?.tags, [reference])
})
