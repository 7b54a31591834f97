import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ann, type Rig, refused, startRig, worldOf } from '../../support/engine-on-simulated.ts'

const names = (rig: Rig) => rig.nodes('alex').map(node => node.name)

test('scaling up adds workers that become ready, and touches no other node', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const before = rig.nodes('alex')
  const operation = await rig.done(rig.engine.clusters.patch(ann, 'alex', { nodes: 4 }))
  assert.deepEqual(
    operation.steps.map(step => step.title),
    [
      'getting the node image kindest/node:v1.34.4',
      'starting 2 workers',
      'joining 2 workers',
      'waiting for 4 nodes to be ready',
    ],
  )
  const { state, nodes, readyNodes } = rig.cluster('alex')
  assert.deepEqual({ state, nodes, readyNodes }, { state: 'ready', nodes: 4, readyNodes: 4 })
  for (const old of before)
    assert.equal(rig.nodes('alex').find(node => node.name === old.name)?.containerId, old.containerId)
  assert.equal(new Set(rig.nodes('alex').map(node => node.address)).size, 4)
})

test('scaling down drains the newest workers, then removes them and what Kubernetes knows of them', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const staying = names(rig)
  await rig.done(rig.engine.clusters.patch(ann, 'alex', { nodes: 3 }))
  const [leaving] = names(rig).filter(name => !staying.includes(name))
  assert.ok(leaving)
  const release = rig.runtime.inject.pause('drain')
  const { id } = await rig.engine.clusters.patch(ann, 'alex', { nodes: 2 })
  assert.equal(await release.reached, leaving)
  assert.equal(rig.nodes('alex').find(node => node.name === leaving)?.message, 'is being removed')
  assert.equal((await worldOf(rig.runtime)).nodes.length, 3, 'nothing is removed before it is drained')
  release()
  const operation = await rig.operation(id, each => each.finishedAt !== null)
  assert.deepEqual(
    operation.steps.map(step => step.title),
    ['draining and removing 1 node', 'waiting for 2 nodes to be ready'],
  )
  assert.deepEqual(names(rig), staying)
  assert.deepEqual((await worldOf(rig.runtime)).nodes.map(node => node.name).toSorted(), staying)
  const access = await rig.runtime.bootstrap.access({ ...(await control(rig)) })
  const end = new AbortController()
  const known = new Promise<string[]>(resolve => {
    const ignore = () => undefined
    void access.watchNodes(
      { synced: nodes => resolve(nodes.map(node => node.name)), changed: ignore, gone: ignore, down: ignore },
      end.signal,
    )
  })
  assert.deepEqual((await known).toSorted(), staying)
  end.abort()
})

async function control(rig: Rig) {
  const found = (await worldOf(rig.runtime)).nodes.find(node => node.role === 'control-plane')
  assert.ok(found)
  return found
}

test('nodes that are added one by one get the addresses that are free', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 3 })
  const { address, name } = rig.worker('alex')
  await rig.done(rig.engine.nodes.remove(ann, name))
  const operation = await rig.done(rig.engine.nodes.add(ann, 'alex', {}))
  assert.equal(operation.action, 'addNodes')
  assert.ok(rig.nodes('alex').some(node => node.address === address && node.name !== name))
  await rig.done(rig.engine.nodes.add(ann, 'alex', { count: 3 }))
  assert.equal(rig.cluster('alex').readyNodes, 6)
})

test('deleting a node drains it and takes that one', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 3 })
  const { name } = rig.worker('alex')
  const release = rig.runtime.inject.pause('drain', name)
  const operation = await rig.engine.nodes.remove(ann, name)
  assert.deepEqual(operation.target, { kind: 'node', name })
  await release.reached
  release()
  await rig.done(operation)
  assert.ok(!names(rig).includes(name))
  assert.deepEqual([rig.cluster('alex').nodes, rig.cluster('alex').state], [2, 'ready'])
})

test('a node that does not run is removed without being drained', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const { name } = rig.worker('alex')
  await rig.done(rig.engine.nodes.stop(ann, name))
  const release = rig.runtime.inject.pause('drain')
  await rig.done(rig.engine.nodes.remove(ann, name))
  release()
  assert.equal(names(rig).length, 1)
})

test('the control plane cannot be removed by itself', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  await assert.rejects(
    rig.engine.nodes.remove(ann, rig.controlPlane('alex').name),
    refused('Conflict', /delete the cluster/),
  )
  assert.equal(rig.cluster('alex').state, 'ready')
})

test('a cluster has at most MAX_NODES nodes, however they are asked for', async t => {
  const rig = await startRig(t, { settings: { maxNodes: 3 } })
  const tooMany = refused('InvalidRequest', /1 to 3 nodes.*MAX_NODES/)
  await assert.rejects(rig.engine.clusters.create(ann, { name: 'big', nodes: 4 }), tooMany)
  await rig.create({ name: 'alex', nodes: 2 })
  await assert.rejects(rig.engine.clusters.patch(ann, 'alex', { nodes: 4 }), tooMany)
  await assert.rejects(rig.engine.nodes.add(ann, 'alex', { count: 2 }), tooMany)
  for (const nodes of [0, -1, 1.5, Number.NaN])
    await assert.rejects(rig.engine.clusters.patch(ann, 'alex', { nodes }), tooMany)
  await rig.done(rig.engine.nodes.add(ann, 'alex', { count: 1 }))
  assert.equal(rig.cluster('alex').nodes, 3)
})

test('nodes of a stopped cluster are not changed until it is started', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  await rig.done(rig.engine.clusters.stop(ann, 'alex'))
  const isStopped = refused('Conflict', /is stopped/)
  const { name } = rig.worker('alex')
  await assert.rejects(rig.engine.clusters.patch(ann, 'alex', { nodes: 3 }), isStopped)
  await assert.rejects(rig.engine.clusters.patch(ann, 'alex', { nodes: 3, running: false }), isStopped)
  await assert.rejects(rig.engine.nodes.add(ann, 'alex', {}), isStopped)
  await assert.rejects(rig.engine.nodes.remove(ann, name), isStopped)
  await assert.rejects(rig.engine.nodes.start(ann, name), isStopped)
  assert.equal(rig.cluster('alex').nodes, 2)
  await rig.done(rig.engine.clusters.patch(ann, 'alex', { nodes: 3, running: true }))
  assert.deepEqual([rig.cluster('alex').state, rig.cluster('alex').readyNodes], ['ready', 3])
})

test('labels are merged into those that are there, and change nothing else', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 1, labels: { team: 'a', tier: 'gold' } })
  await rig.done(rig.engine.clusters.patch(ann, 'alex', { labels: { team: 'b', tier: null, zone: 'north' } }))
  assert.deepEqual(rig.cluster('alex').labels, { team: 'b', zone: 'north' })
  assert.equal(rig.cluster('alex').state, 'ready')
})
