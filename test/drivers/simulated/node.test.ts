import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { parse } from 'yaml'
import { createSimulatedRuntime } from '../../../src/drivers/simulated/runtime.ts'
import { createFakeClock } from '../../support/clock.ts'
import { recordRuntime } from '../recorder.ts'
import { asObserved, bringUp, planCluster } from './cluster.ts'

const make = () => createSimulatedRuntime({ clock: createFakeClock(), pace: 0 })

test('a node runs what a kind node runs, by how far it has come', async () => {
  const runtime = make()
  const commandsOf = async (node: string) => new Set((await runtime.nodes.processes(node)).map(each => each.command))
  const { controlPlane: bare } = await planCluster(runtime, 'bare', 0, 2)
  await runtime.nodes.create(bare)
  await runtime.nodes.start(bare.name)
  assert.deepEqual([...(await commandsOf(bare.name))], ['systemd', 'systemd-journal', 'containerd'])

  const { controlPlane, workers } = await bringUp(runtime, 'one', 1)
  const worker = workers[0]?.name ?? ''
  const ofControlPlane = await commandsOf(controlPlane.name)
  for (const command of ['kubelet', 'kube-apiserver', 'etcd', 'kube-proxy']) assert.ok(ofControlPlane.has(command))
  const ofWorker = await commandsOf(worker)
  assert.ok(ofWorker.has('kubelet') && !ofWorker.has('kube-apiserver'))

  const processes = await runtime.nodes.processes(worker)
  assert.ok(processes.some(each => each.tid !== each.pid))
  assert.equal(new Set(processes.map(each => each.tid)).size, processes.length)
  assert.deepEqual(await runtime.nodes.processes(worker), processes)
})

test('a kubeconfig says that it is simulated, and is one that clients load', async () => {
  const runtime = make()
  const { controlPlane } = await bringUp(runtime, 'one', 0)
  const text = await runtime.bootstrap.kubeconfig(asObserved(controlPlane))
  assert.match(text.split('\n')[0] ?? '', /^# Simulated.*no API server answers/)
  const config = parse(text)
  const authority = Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64')
  assert.ok(new X509Certificate(authority).ca)
  assert.equal(config.contexts[0].name, config['current-context'])
  assert.equal(config.users[0].name, config.contexts[0].context.user)
})

test('there is no kubeconfig before kubeadm init', async () => {
  const runtime = make()
  const { controlPlane } = await planCluster(runtime, 'one', 0)
  await runtime.nodes.create(controlPlane)
  await assert.rejects(runtime.bootstrap.kubeconfig(asObserved(controlPlane)), { code: 'BootstrapFailed' })
})

test('a node needs its image to be made, and its network and a free address there to start', async () => {
  const runtime = make()
  const { controlPlane, workers } = await planCluster(runtime, 'one', 1)
  const [worker] = workers
  assert.ok(worker)
  await assert.rejects(runtime.nodes.create({ ...worker, image: `sha256:${'0'.repeat(64)}` }), {
    code: 'ImageUnavailable',
  })
  await runtime.nodes.create(controlPlane)
  await runtime.nodes.start(controlPlane.name)
  await runtime.nodes.create({ ...worker, name: 'a', address: controlPlane.address })
  await runtime.nodes.create({ ...worker, name: 'b', address: '192.168.7.7' })
  await runtime.nodes.create({ ...worker, name: 'c', network: 'nowhere' })
  await assert.rejects(runtime.nodes.start('a'), /address already in use/)
  await assert.rejects(runtime.nodes.start('b'), /192\.168\.7\.7 is not in/)
  await assert.rejects(runtime.nodes.start('c'), /network nowhere not found/)
  await assert.rejects(runtime.networks.remove('one'), /active endpoints/)
})

test('an observer that leaves from within a callback has left', async () => {
  const runtime = make()
  const stop = new AbortController()
  const seen = recordRuntime(1000)
  const leaving = { ...seen, snapshot: () => stop.abort() }
  await runtime.observe(leaving, stop.signal)
  await planCluster(runtime, 'one', 0)
  assert.deepEqual(seen.told, [])
})

test('an act that is asked for twice at the same time is done once', async () => {
  const clock = createFakeClock()
  const runtime = createSimulatedRuntime({ clock, pace: 1 })
  const stop = new AbortController()
  const seen = recordRuntime(1000)
  const observing = runtime.observe(seen, stop.signal)
  const { spec, controlPlane } = await clock.run(planCluster(runtime, 'one', 0))
  const { name } = controlPlane
  const twice = (act: () => Promise<unknown>) => clock.run(Promise.all([act(), act()]))
  await twice(() => runtime.nodes.create(controlPlane))
  await twice(() => runtime.bootstrap.prepare(spec, controlPlane))
  await twice(() => runtime.nodes.start(name))
  await twice(() => runtime.bootstrap.init(spec, stop.signal).done)
  await twice(() => runtime.nodes.stop(name, 10))
  await twice(() => runtime.nodes.remove(name))
  await twice(() => runtime.networks.remove('one'))
  assert.deepEqual(seen.told, [
    'snapshot',
    'network one',
    ...['created', 'running', 'exited', 'gone'].map(state => `node ${name} ${state}`),
    'network one gone',
  ])
  stop.abort()
  await observing
})
