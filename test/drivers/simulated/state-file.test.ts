import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { createSimulatedRuntime, type SimulatedRuntime } from '../../../src/drivers/simulated/runtime.ts'
import { createStateWriter } from '../../../src/drivers/simulated/state-file.ts'
import { createFakeClock } from '../../support/clock.ts'
import { recordNodes, recordRuntime } from '../recorder.ts'
import { asObserved, bringUp, planCluster } from './cluster.ts'

async function makeDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'kindgate-simulated-'))
  t.after(() => rm(directory, { recursive: true }))
  return directory
}

async function pictureOf(runtime: SimulatedRuntime) {
  const stop = new AbortController()
  const seen = recordRuntime(1000)
  const observing = runtime.observe(seen, stop.signal)
  await seen.until('a snapshot', () => seen.told.length > 0)
  stop.abort()
  await observing
  return { nodes: seen.nodes, networks: seen.networks }
}

test('a restart finds what there was', async t => {
  const stateFile = path.join(await makeDirectory(t), 'simulated.json')
  const clock = createFakeClock()
  const make = () => createSimulatedRuntime({ clock, pace: 0, stateFile })
  const first = make()
  const { controlPlane, workers } = await bringUp(first, 'one', 2)
  const stopped = workers[1]?.name ?? ''
  await first.nodes.stop(stopped, 10)
  await first.images.pull('kindest/node:v1.30.0', () => undefined, new AbortController().signal)
  const kubeconfig = await first.bootstrap.kubeconfig(asObserved(controlPlane))
  const before = await pictureOf(first)
  assert.equal(before.nodes.size, 3)

  const second = make()
  assert.deepEqual(await pictureOf(second), before)
  assert.deepEqual(await second.images.list(), await first.images.list())
  assert.equal(await second.bootstrap.kubeconfig(asObserved(controlPlane)), kubeconfig)

  const stop = new AbortController()
  const nodes = recordNodes(1000)
  const watching = (await second.bootstrap.access(asObserved(controlPlane))).watchNodes(nodes, stop.signal)
  await nodes.until('all nodes', () => nodes.told.includes('synced'))
  assert.deepEqual(
    [...nodes.nodes.values()].map(node => [node.name, node.ready]),
    [
      [controlPlane.name, true],
      [workers[0]?.name, true],
      [stopped, false],
    ],
  )
  stop.abort()
  await watching
})

test('ports and addresses stay in use across a restart', async t => {
  const stateFile = path.join(await makeDirectory(t), 'simulated.json')
  const clock = createFakeClock()
  const first = createSimulatedRuntime({ clock, pace: 0, stateFile })
  const { controlPlane } = await bringUp(first, 'one', 0)
  await first.flush()
  const second = createSimulatedRuntime({ clock, pace: 0, stateFile })
  const other = await planCluster(second, 'two', 0, 2)
  await second.nodes.create({ ...other.controlPlane, apiServer: controlPlane.apiServer })
  await assert.rejects(second.nodes.start(other.controlPlane.name), { code: 'PortTaken' })
})

test('what Kubernetes was about to do goes on after a restart', async t => {
  const stateFile = path.join(await makeDirectory(t), 'simulated.json')
  const clock = createFakeClock()
  const first = createSimulatedRuntime({ clock, pace: 1, stateFile })
  const { controlPlane } = await clock.run(bringUp(first, 'one', 0))
  await clock.run(first.nodes.stop(controlPlane.name, 10))
  await clock.run(first.nodes.start(controlPlane.name))
  await pictureOf(first)
  assert.equal(clock.sleepers, 0, 'nothing waits once nobody observes')

  const second = createSimulatedRuntime({ clock, pace: 1, stateFile })
  const stop = new AbortController()
  const nodes = recordNodes(1000)
  const watching = (await second.bootstrap.access(asObserved(controlPlane))).watchNodes(nodes, stop.signal)
  await clock.advance(5000)
  assert.equal(nodes.nodes.get(controlPlane.name)?.ready, true)
  stop.abort()
  await watching
  await second.flush()
})

test('an API server whose node was stopped is still down after a restart', async t => {
  const stateFile = path.join(await makeDirectory(t), 'simulated.json')
  const clock = createFakeClock()
  const first = createSimulatedRuntime({ clock, pace: 0, stateFile })
  const { controlPlane } = await bringUp(first, 'one', 0)
  await first.nodes.stop(controlPlane.name, 10)
  await first.flush()
  const second = createSimulatedRuntime({ clock, pace: 0, stateFile })
  const stop = new AbortController()
  const nodes = recordNodes(1000)
  const watching = (await second.bootstrap.access(asObserved(controlPlane))).watchNodes(nodes, stop.signal)
  await clock.settle()
  await second.nodes.start(controlPlane.name)
  assert.deepEqual(nodes.told, ['down', 'synced'])
  stop.abort()
  await watching
})

test('what Kubernetes was about to do goes on when somebody observes again', async () => {
  const clock = createFakeClock()
  const runtime = createSimulatedRuntime({ clock, pace: 1 })
  const { controlPlane } = await clock.run(bringUp(runtime, 'one', 0))
  await clock.run(runtime.nodes.stop(controlPlane.name, 10))
  await clock.run(runtime.nodes.start(controlPlane.name))
  await pictureOf(runtime)
  const stop = new AbortController()
  const nodes = recordNodes(1000)
  const watching = (await runtime.bootstrap.access(asObserved(controlPlane))).watchNodes(nodes, stop.signal)
  await clock.advance(60_000)
  assert.deepEqual(nodes.told, ['down'], 'nobody observes')
  const observing = runtime.observe(recordRuntime(1000), stop.signal)
  await clock.advance(60_000)
  assert.deepEqual(nodes.told, ['down', 'synced'])
  stop.abort()
  await Promise.all([watching, observing])
})

test('changes are written together, a little later, readable by the owner only', async t => {
  const directory = await makeDirectory(t)
  const stateFile = path.join(directory, 'deeper', 'simulated.json')
  const clock = createFakeClock()
  const runtime = createSimulatedRuntime({ clock, pace: 0, stateFile })
  await bringUp(runtime, 'one', 5)
  assert.deepEqual(await readdir(directory), [], 'nothing is written yet')
  assert.equal(clock.sleepers, 1)
  await clock.advance(250)
  await runtime.flush()
  assert.deepEqual(await readdir(path.dirname(stateFile)), ['simulated.json'])
  assert.equal((await stat(stateFile)).mode & 0o777, 0o600)
  assert.equal(JSON.parse(await readFile(stateFile, 'utf8')).nodes.length, 6)
  assert.equal(clock.sleepers, 0)
})

test('very many changes are one write', async t => {
  const file = path.join(await makeDirectory(t), 'simulated.json')
  const clock = createFakeClock()
  let writes = 0
  const render = () => {
    writes += 1
    return { version: 1 as const, images: [], networks: [], nodes: [], apiServers: [] }
  }
  const writer = createStateWriter({ file, clock, render, onError: error => assert.ifError(error) })
  for (let i = 0; i < 10_000; i++) writer.touch()
  await clock.advance(1000)
  await writer.flush()
  await writer.flush()
  assert.equal(writes, 1)
})

test('the end of observe brings the file up to date', async t => {
  const stateFile = path.join(await makeDirectory(t), 'simulated.json')
  const runtime = createSimulatedRuntime({ clock: createFakeClock(), pace: 0, stateFile })
  const stop = new AbortController()
  const observing = runtime.observe(recordRuntime(1000), stop.signal)
  await bringUp(runtime, 'one', 1)
  stop.abort()
  await observing
  assert.equal(JSON.parse(await readFile(stateFile, 'utf8')).nodes.length, 2)
})

test('a file that cannot be written is told, and written once it can', async t => {
  const directory = await makeDirectory(t)
  const stateFile = path.join(directory, 'blocked', 'simulated.json')
  const logged = Promise.withResolvers<object>()
  const clock = createFakeClock()
  const log = { error: (details: object) => logged.resolve(details) }
  const runtime = createSimulatedRuntime({ clock, pace: 0, stateFile, log })
  await writeFile(path.join(directory, 'blocked'), 'a file in the way')
  await planCluster(runtime, 'one', 0)
  await clock.advance(250)
  assert.match(String(Reflect.get(await logged.promise, 'err')), /blocked/)
  await assert.rejects(runtime.flush(), /blocked/)
  await rm(path.join(directory, 'blocked'))
  await runtime.flush()
  assert.equal(JSON.parse(await readFile(stateFile, 'utf8')).networks.at(-1).name, 'one')
})

test('a broken file stops the start with an error that names it and the fault', async t => {
  const stateFile = path.join(await makeDirectory(t), 'simulated.json')
  const clock = createFakeClock()
  const make = () => createSimulatedRuntime({ clock, pace: 0, stateFile })
  const runtime = make()
  await bringUp(runtime, 'one', 0)
  await runtime.flush()
  const good = JSON.parse(await readFile(stateFile, 'utf8'))
  const faults: [string, RegExp][] = [
    ['', /not JSON/],
    [JSON.stringify(good).slice(0, -20), /not JSON/],
    ['[]', /at \//],
    [JSON.stringify({ ...good, version: 2 }), /at \/version/],
    [JSON.stringify({ ...good, more: true }), /at \/more/],
    [JSON.stringify({ ...good, nodes: [{ ...good.nodes[0], state: 'paused' }] }), /at \/nodes\/0\/state/],
    [JSON.stringify({ ...good, nodes: [good.nodes[0], good.nodes[0]] }), /control-one twice/],
  ]
  for (const [text, fault] of faults) {
    await writeFile(stateFile, text)
    assert.throws(
      make,
      error => error instanceof Error && error.message.includes(stateFile) && fault.test(error.message),
    )
    assert.equal(await readFile(stateFile, 'utf8'), text, 'the file is left as it is')
  }
})

test('what a killed write left is no hindrance', async t => {
  const stateFile = path.join(await makeDirectory(t), 'simulated.json')
  await writeFile(`${stateFile}.tmp`, '{"version":', { mode: 0o644 })
  const runtime = createSimulatedRuntime({ clock: createFakeClock(), pace: 0, stateFile })
  await planCluster(runtime, 'one', 0)
  await runtime.flush()
  assert.deepEqual(await readdir(path.dirname(stateFile)), ['simulated.json'])
  assert.equal((await stat(stateFile)).mode & 0o777, 0o600)
})

test('ten thousand nodes come up, and survive a restart', async t => {
  const stateFile = path.join(await makeDirectory(t), 'simulated.json')
  const clock = createFakeClock()
  const runtime = createSimulatedRuntime({ clock, pace: 1, stateFile })
  const stop = new AbortController()
  const seen = recordRuntime(1000)
  const observing = runtime.observe(seen, stop.signal)
  const began = clock.now()
  await clock.run(Promise.all(Array.from({ length: 100 }, (_, index) => bringUp(runtime, `c${index}`, 99, index))))
  assert.equal(seen.nodes.size, 10_000)
  assert.ok([...seen.nodes.values()].every(node => node.state === 'running'))
  assert.ok(clock.now() - began < 5000, 'as fast as one cluster')
  stop.abort()
  await observing

  const again = await pictureOf(createSimulatedRuntime({ clock, pace: 1, stateFile }))
  assert.deepEqual(again.nodes, seen.nodes)
})
