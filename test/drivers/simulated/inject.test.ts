import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { RuntimeError } from '../../../src/drivers/runtime.ts'
import { createSimulatedRuntime, type SimulatedRuntime } from '../../../src/drivers/simulated/runtime.ts'
import { createFakeClock } from '../../support/clock.ts'
import { type RuntimeRecorder, recordNodes, recordRuntime } from '../recorder.ts'
import { asObserved, bringUp, planCluster } from './cluster.ts'

const { signal } = new AbortController()
const make = () => createSimulatedRuntime({ clock: createFakeClock(), pace: 0 })

async function observe(t: TestContext, runtime: SimulatedRuntime): Promise<RuntimeRecorder> {
  const stop = new AbortController()
  const seen = recordRuntime(1000)
  const observing = runtime.observe(seen, stop.signal)
  t.after(() => {
    stop.abort()
    return observing
  })
  await seen.until('something', () => seen.told.length > 0)
  return seen
}

test('a broken daemon rejects everything and tells its observers; mended, it shows what happened meanwhile', async t => {
  const runtime = make()
  const { spec, controlPlane, workers } = await bringUp(runtime, 'one', 1)
  const [worker] = workers
  assert.ok(worker)
  const seen = await observe(t, runtime)
  runtime.inject.breakDaemon('the daemon is down')
  assert.deepEqual(seen.told, ['snapshot', 'down: the daemon is down'])
  const observed = asObserved(controlPlane)
  const acts = [
    runtime.version(),
    runtime.images.list(),
    runtime.images.find('any'),
    runtime.images.pull('any', () => undefined, signal),
    runtime.networks.taken(),
    runtime.networks.ensure({
      ...spec,
      cluster: 'x',
      clusterId: 'x',
      gatewayId: 'x',
      subnet: '10.0.0.0/24',
      hostAddress: '10.0.0.1',
    }),
    runtime.networks.remove('one'),
    runtime.nodes.create(worker),
    runtime.nodes.start(worker.name),
    runtime.nodes.stop(worker.name, 1),
    runtime.nodes.remove(worker.name),
    runtime.nodes.processes(worker.name),
    runtime.bootstrap.prepare(spec, worker),
    runtime.bootstrap.init(spec, signal).apiServer,
    runtime.bootstrap.init(spec, signal).done,
    runtime.bootstrap.addons(spec, signal),
    runtime.bootstrap.join(spec, worker, signal),
    runtime.bootstrap.kubeconfig(observed),
    runtime.bootstrap.access(observed),
  ]
  for (const act of acts) await assert.rejects(act, { code: 'RuntimeUnavailable', message: 'the daemon is down' })

  runtime.inject.killNode(worker.name)
  const late = await observe(t, runtime)
  assert.deepEqual(late.told, ['down: the daemon is down'])
  assert.deepEqual(seen.told, ['snapshot', 'down: the daemon is down'], 'nothing is seen while it is down')
  runtime.inject.mendDaemon()
  for (const each of [seen, late]) {
    assert.equal(each.told.at(-1), 'snapshot')
    assert.equal(each.nodes.get(worker.name)?.state, 'exited')
  }
  await runtime.nodes.start(worker.name)
  assert.equal(late.nodes.get(worker.name)?.state, 'running')
})

test('a breaking daemon ends the acts that are under way', async () => {
  const clock = createFakeClock()
  const runtime = createSimulatedRuntime({ clock, pace: 1 })
  const { controlPlane } = await clock.run(planCluster(runtime, 'one', 0))
  const creating = runtime.nodes.create(controlPlane)
  await clock.advance(10)
  const release = runtime.inject.pause('pull')
  const pulling = runtime.images.pull('kindest/node:v1.30.0', () => undefined, signal)
  await release.reached
  runtime.inject.breakDaemon('gone')
  await assert.rejects(creating, { code: 'RuntimeUnavailable' })
  await assert.rejects(pulling, { code: 'RuntimeUnavailable' })
  assert.equal(clock.sleepers, 0)
})

test('a killed node exits with 137, as somebody else would have done it', async t => {
  const runtime = make()
  const { controlPlane, workers } = await bringUp(runtime, 'one', 1)
  const worker = workers[0]?.name ?? ''
  const seen = await observe(t, runtime)
  const nodes = recordNodes(1000)
  const access = await runtime.bootstrap.access(asObserved(controlPlane))
  t.after(() => access.close())
  void access.watchNodes(nodes, signal)
  await nodes.until('synced', () => nodes.told.length > 0)
  runtime.inject.killNode(worker)
  assert.deepEqual(seen.told, ['snapshot', `node ${worker} exited`])
  assert.equal(seen.nodes.get(worker)?.exitCode, 137)
  assert.equal(nodes.nodes.get(worker)?.ready, false)
  assert.throws(() => runtime.inject.killNode('nobody'), /no simulated node nobody/)
})

test('a removed node is gone; its Kubernetes node stays and is not ready', async t => {
  const runtime = make()
  const { controlPlane, workers } = await bringUp(runtime, 'one', 1)
  const worker = workers[0]?.name ?? ''
  const seen = await observe(t, runtime)
  const nodes = recordNodes(1000)
  const access = await runtime.bootstrap.access(asObserved(controlPlane))
  void access.watchNodes(nodes, signal)
  await nodes.until('synced', () => nodes.told.length > 0)
  runtime.inject.removeNode(worker)
  assert.deepEqual(seen.told, ['snapshot', `node ${worker} exited`, `node ${worker} gone`])
  assert.equal(nodes.nodes.get(worker)?.ready, false)

  runtime.inject.removeNode(controlPlane.name)
  assert.equal(nodes.told.at(-1), 'down')
  await assert.rejects(runtime.bootstrap.kubeconfig(asObserved(controlPlane)), { code: 'NodeMissing' })
  const told = nodes.told.length
  access.close()
  await bringUp(runtime, 'one', 0)
  assert.equal(nodes.told.length, told, 'a closed access tells nothing')
})

test('the next act fails as asked, that one only, and what it would have done is not done', async t => {
  const runtime = make()
  const seen = await observe(t, runtime)
  const { controlPlane, workers } = await planCluster(runtime, 'one', 1)
  const [worker] = workers
  assert.ok(worker)
  const error = new RuntimeError('BootstrapFailed', 'as asked', { output: 'what it printed' })
  runtime.inject.failNext('create', error, worker.name)
  await runtime.nodes.create(controlPlane)
  await assert.rejects(runtime.nodes.create(worker), error)
  assert.ok(!seen.nodes.has(worker.name))
  await runtime.nodes.create(worker)
  assert.ok(seen.nodes.has(worker.name))
})

test('a failed init rejects both its promises, and can be repeated', async () => {
  const runtime = make()
  const { spec, controlPlane } = await planCluster(runtime, 'one', 0)
  await runtime.nodes.create(controlPlane)
  await runtime.bootstrap.prepare(spec, controlPlane)
  await runtime.nodes.start(controlPlane.name)
  const error = new RuntimeError('BootstrapFailed', 'as asked')
  runtime.inject.failNext('init', error)
  const first = runtime.bootstrap.init(spec, signal)
  await assert.rejects(first.apiServer, error)
  await assert.rejects(first.done, error)

  runtime.inject.failNext('initDone', error)
  const second = runtime.bootstrap.init(spec, signal)
  await second.apiServer
  await assert.rejects(second.done, error)
  await runtime.bootstrap.init(spec, signal).done
})

test('a paused act waits in the middle until it is released', async t => {
  const runtime = make()
  const seen = await observe(t, runtime)
  const { controlPlane, workers } = await planCluster(runtime, 'one', 1)
  const [worker] = workers
  assert.ok(worker)
  const release = runtime.inject.pause('create', worker.name)
  const creating = runtime.nodes.create(worker)
  assert.equal(await release.reached, worker.name)
  await runtime.nodes.create(controlPlane)
  assert.deepEqual([...seen.nodes.keys()], [controlPlane.name])
  release()
  await creating
  assert.ok(seen.nodes.has(worker.name))
})

test('a paused join ends with its signal; one whose node dies meanwhile fails', async () => {
  const runtime = make()
  await bringUp(runtime, 'one', 0)
  const { spec, controlPlane, workers } = await planCluster(runtime, 'one', 2)
  for (const worker of workers) {
    await runtime.nodes.create(worker)
    await runtime.bootstrap.prepare(spec, worker)
    await runtime.nodes.start(worker.name)
  }
  const [one, two] = workers
  assert.ok(one && two)
  const release = runtime.inject.pause('join', one.name)
  const stop = new AbortController()
  const joining = runtime.bootstrap.join(spec, one, stop.signal)
  await release.reached
  stop.abort(new Error('deleted'))
  await assert.rejects(joining, /deleted/)
  release()

  runtime.inject.killNode(controlPlane.name)
  await assert.rejects(runtime.bootstrap.join(spec, two, signal), { code: 'BootstrapFailed' })
})

test('a join that waits for the API server fails when the control plane stops', async () => {
  const clock = createFakeClock()
  const runtime = createSimulatedRuntime({ clock, pace: 0 })
  const { spec, controlPlane, workers } = await planCluster(runtime, 'one', 2)
  for (const node of [controlPlane, ...workers]) {
    await runtime.nodes.create(node)
    await runtime.bootstrap.prepare(spec, node)
    await runtime.nodes.start(node.name)
  }
  const [one, two] = workers
  assert.ok(one && two)
  const stop = new AbortController()
  const given = runtime.bootstrap.join(spec, one, stop.signal)
  const waiting = runtime.bootstrap.join(spec, two, signal)
  await clock.settle()
  stop.abort(new Error('given up'))
  await assert.rejects(given, /given up/)
  await runtime.nodes.stop(controlPlane.name, 10)
  await assert.rejects(waiting, { code: 'BootstrapFailed', message: /does not answer/ })
})

test('a node that was not prepared before its start cannot be bootstrapped', async () => {
  const runtime = make()
  const { spec, controlPlane } = await planCluster(runtime, 'one', 0)
  await assert.rejects(runtime.bootstrap.prepare(spec, controlPlane), { code: 'NodeMissing' })
  await runtime.nodes.create(controlPlane)
  await assert.rejects(runtime.bootstrap.init(spec, signal).apiServer, { code: 'NodeNotRunning' })
  await runtime.nodes.start(controlPlane.name)
  await runtime.bootstrap.prepare(spec, controlPlane)
  await assert.rejects(runtime.bootstrap.init(spec, signal).apiServer, error => {
    assert.ok(error instanceof RuntimeError)
    assert.equal(error.code, 'BootstrapFailed')
    assert.match(error.output ?? '', /kubeadm\.conf/)
    return true
  })
})

test('a cluster of the kind CLI is seen, ready and not ours', async t => {
  const runtime = make()
  const seen = await observe(t, runtime)
  runtime.inject.addKindCluster('theirs', 2)
  runtime.inject.addKindCluster('other')
  assert.deepEqual(
    [...seen.nodes.values()].map(({ name, cluster, clusterId, role, state }) => [
      name,
      cluster,
      clusterId,
      role,
      state,
    ]),
    [
      ['theirs-control-plane', 'theirs', null, 'control-plane', 'running'],
      ['theirs-worker', 'theirs', null, 'worker', 'running'],
      ['theirs-worker2', 'theirs', null, 'worker', 'running'],
      ['other-control-plane', 'other', null, 'control-plane', 'running'],
    ],
  )
  const addresses = [...seen.nodes.values()].map(node => node.address)
  assert.equal(new Set(addresses).size, addresses.length)
  assert.equal(seen.networks.size, 0)
  assert.ok((await runtime.networks.taken()).includes('172.18.0.0/16'))
  const observed = seen.nodes.get('theirs-control-plane') ?? assert.fail()
  const nodes = recordNodes(1000)
  const access = await runtime.bootstrap.access(observed)
  t.after(() => access.close())
  void access.watchNodes(nodes, signal)
  await nodes.until('synced', () => nodes.told.length > 0)
  assert.deepEqual(
    [...nodes.nodes.values()].map(node => node.ready),
    [true, true, true],
  )
  assert.match(await runtime.bootstrap.kubeconfig(observed), /^# Simulated: .*no API server answers/)
})

test('an observer that throws disturbs nobody', async t => {
  const logged: object[] = []
  const clock = createFakeClock()
  const log = { error: (details: object) => logged.push(details) }
  const runtime = createSimulatedRuntime({ clock, pace: 0, log })
  const stop = new AbortController()
  const throws = () => {
    throw new Error('a fault in an observer')
  }
  const faulty = {
    snapshot: throws,
    node: throws,
    nodeGone: throws,
    network: throws,
    networkGone: throws,
    images: throws,
    down: throws,
  }
  const observing = runtime.observe(faulty, stop.signal)
  const seen = await observe(t, runtime)
  await bringUp(runtime, 'one', 0)
  assert.equal(seen.nodes.size, 1)
  assert.ok(logged.length > 0)
  stop.abort()
  await observing
})
