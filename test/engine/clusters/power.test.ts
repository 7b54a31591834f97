import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ann, type Rig, startRig, worldOf } from '../../support/engine-on-simulated.ts'

const states = (rig: Rig) => rig.nodes('alex').map(node => [node.role, node.state])

test('stopping a cluster stops its workers first, then the control plane', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 3 })
  const control = rig.controlPlane('alex').name
  const release = rig.runtime.inject.pause('stop', control)
  const stop = await rig.engine.clusters.stop(ann, 'alex')
  await release.reached
  assert.deepEqual(states(rig), [
    ['control-plane', 'ready'],
    ['worker', 'exited'],
    ['worker', 'exited'],
  ])
  assert.deepEqual([rig.cluster('alex').state, rig.cluster('alex').message], ['stopping', `still running: ${control}`])
  release()
  const { steps } = await rig.done(stop)
  assert.deepEqual(
    steps.map(step => step.title),
    ['stopping 2 workers', 'stopping the control plane node'],
  )
  assert.deepEqual([rig.cluster('alex').state, rig.cluster('alex').running], ['stopped', false])
})

test('a cluster that is started again is the same one: containers, addresses, kubeconfig', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const facts = () => rig.nodes('alex').map(({ name, containerId, address }) => ({ name, containerId, address }))
  const [before, kubeconfig] = [facts(), await rig.engine.clusters.kubeconfig(ann, 'alex')]
  await rig.done(rig.engine.clusters.stop(ann, 'alex'))
  assert.equal(await rig.engine.clusters.kubeconfig(ann, 'alex'), kubeconfig, 'also while it is stopped')
  const start = await rig.done(rig.engine.clusters.start(ann, 'alex'))
  assert.deepEqual(
    start.steps.map(step => step.name),
    ['control-plane', 'workers', 'ready'],
  )
  assert.deepEqual(facts(), before)
  assert.equal(await rig.engine.clusters.kubeconfig(ann, 'alex'), kubeconfig)
  assert.deepEqual([rig.cluster('alex').state, rig.cluster('alex').readyNodes], ['ready', 2])
})

test('what is as it is asked to be succeeds at once', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 1 })
  await rig.done(rig.engine.clusters.start(ann, 'alex'))
  await rig.done(rig.engine.clusters.stop(ann, 'alex'))
  await rig.done(rig.engine.clusters.stop(ann, 'alex'))
  assert.equal(rig.cluster('alex').state, 'stopped')
  await rig.done(rig.engine.clusters.patch(ann, 'alex', { labels: { team: 'a' } }))
  assert.deepEqual(states(rig), [['control-plane', 'exited']])
})

test('a node that is stopped stays so, and its cluster says which one is missing', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 3 })
  const { name } = rig.worker('alex')
  const stop = await rig.done(rig.engine.nodes.stop(ann, name))
  assert.deepEqual([stop.action, stop.target], ['stopNode', { kind: 'node', name }])
  const stopped = rig.worker('alex')
  assert.deepEqual([stopped.state, stopped.running], ['exited', false])
  assert.deepEqual(
    [rig.cluster('alex').state, rig.cluster('alex').message],
    ['degraded', `${name} is stopped (exit code 130)`],
  )

  await rig.done(rig.engine.nodes.add(ann, 'alex', {}))
  assert.equal(rig.nodes('alex').find(node => node.name === name)?.state, 'exited', 'other work leaves it alone')

  await rig.done(rig.engine.nodes.start(ann, name))
  assert.deepEqual([rig.cluster('alex').state, rig.cluster('alex').readyNodes], ['ready', 4])
})

test('starting a cluster starts also the nodes that were stopped one by one', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 3 })
  await rig.done(rig.engine.nodes.stop(ann, rig.worker('alex', 1).name))
  await rig.done(rig.engine.clusters.start(ann, 'alex'))
  assert.equal(rig.cluster('alex').state, 'ready')
  assert.ok((await worldOf(rig.runtime)).nodes.every(node => node.state === 'running'))
})

test('a kubeconfig has the address that the cluster shows', async t => {
  const rig = await startRig(t)
  const cluster = await rig.create({ name: 'alex', nodes: 1 })
  const kubeconfig = await rig.engine.clusters.kubeconfig(ann, 'alex')
  assert.ok(kubeconfig.includes(`server: ${cluster.apiServer}`), kubeconfig)
  assert.match(kubeconfig, /current-context: kind-alex/)
})
