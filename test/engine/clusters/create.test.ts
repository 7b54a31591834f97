import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Act } from '../../../src/drivers/simulated/acts.ts'
import { ann, startRig, worldOf } from '../../support/engine-on-simulated.ts'

const titles = [
  ['image', 'getting the node image kindest/node:v1.36.3'],
  ['network', 'creating the network'],
  ['control-plane', 'starting the control plane node'],
  ['workers', 'starting 2 workers'],
  ['api-server', 'starting the API server'],
  ['init', 'initialising the control plane'],
  ['addons', 'installing the network plugin and the storage class'],
  ['join', 'joining 2 workers'],
  ['ready', 'waiting for 3 nodes to be ready'],
]

test('creating a cluster tells its steps in order and ends with every node ready', async t => {
  const rig = await startRig(t)
  const accepted = await rig.engine.clusters.create(ann, { name: 'alex', image: 'kindest/node:v1.36.3', nodes: 3 })
  assert.deepEqual([accepted.state, accepted.action, accepted.owner], ['pending', 'createCluster', 'ann'])
  assert.deepEqual(accepted.target, { kind: 'cluster', name: 'alex' })

  const operation = await rig.done(accepted)
  assert.equal(operation.message, 'done')
  assert.equal(operation.step, 9)
  assert.deepEqual(
    operation.steps.map(step => [step.name, step.title]),
    titles,
  )
  for (const step of operation.steps) {
    assert.equal(step.state, 'succeeded')
    assert.ok(step.startedAt && step.finishedAt && step.startedAt <= step.finishedAt, step.name)
  }
  assert.ok(operation.startedAt && operation.finishedAt)

  const { state, message, nodes, readyNodes, running } = rig.cluster('alex')
  assert.deepEqual(
    { state, message, nodes, readyNodes, running },
    { state: 'ready', message: '', nodes: 3, readyNodes: 3, running: true },
  )
  for (const node of rig.nodes('alex')) assert.equal(node.state, 'ready', node.message)
})

test('what is shown of a cluster is what there is', async t => {
  const rig = await startRig(t)
  const cluster = await rig.create({
    name: 'alex',
    image: 'docker.io/kindest/node:v1.36.3',
    domain: 'lab.example',
    labels: { team: 'a' },
  })
  const { nodes, networks } = await worldOf(rig.runtime)
  const [image] = (await rig.runtime.images.list()).filter(each => each.tags.includes('kindest/node:v1.36.3'))

  assert.equal(cluster.image, 'kindest/node:v1.36.3')
  assert.equal(cluster.imageDigest, image?.digests[0])
  assert.equal(cluster.kubernetesVersion, 'v1.36.3')
  assert.deepEqual(
    [cluster.domain, cluster.owner, cluster.managedBy, cluster.simulated],
    ['lab.example', 'ann', 'kindgate', true],
  )
  assert.deepEqual(cluster.labels, { team: 'a' })
  assert.deepEqual(
    networks.map(({ name, subnet, clusterId }) => ({ name, subnet, clusterId })),
    [{ ...cluster.network, clusterId: cluster.id }],
  )
  const [control] = nodes.filter(node => node.role === 'control-plane')
  assert.equal(cluster.apiServer, `https://127.0.0.1:${control?.apiServer?.port}`)
  const facts = ({ name, address, role }: (typeof nodes)[number] | ReturnType<typeof rig.worker>) => ({
    name,
    address,
    role,
  })
  for (const node of nodes) {
    const shown = rig.nodes('alex').find(each => each.containerId === node.id)
    assert.deepEqual(shown && facts(shown), facts(node))
  }
  assert.match(rig.controlPlane('alex').name, /^control-[0-9a-f]{8}\.lab\.example$/)
  assert.match(rig.worker('alex').name, /^node-[0-9a-f]{8}\.lab\.example$/)
  assert.equal(nodes.length, 3, 'one control plane and two workers where nothing else is asked for')
})

const moments: [Act, RegExp][] = [
  ['find', /^1 of 9: getting the node image kindest\/node:v1\.34\.4$/],
  ['create', /^3 of 9: starting the control plane node$/],
  ['init', /^5 of 9: starting the API server$/],
  ['addons', /^[67] of 9: /],
  ['join', /^8 of 9: joining 2 workers$/],
]

for (const [act, message] of moments)
  test(`while ${act} goes on, the operation says how far it is`, async t => {
    const rig = await startRig(t)
    const release = rig.runtime.inject.pause(act)
    const { id } = await rig.engine.clusters.create(ann, { name: 'alex' })
    await release.reached
    const operation = await rig.operation(id, each => message.test(each.message))
    assert.equal(operation.state, 'running')
    assert.equal(rig.cluster('alex').state, 'creating')
    // Others that need not wait for it may have ended.
    assert.ok(operation.steps.some(step => step.state === 'running' && step.finishedAt === null))
    release()
    await rig.done(operation)
  })

test('an image that is absent is pulled, and the operation says how much of it is there', async t => {
  const rig = await startRig(t, { pace: 1 })
  const messages: string[] = []
  const unsubscribe = rig.engine.tables.operations.subscribe(change => messages.push(change.object.message))
  const cluster = await rig.create({ name: 'alex', image: 'kindest/node:v1.35.1', nodes: 1 })
  unsubscribe()
  assert.ok(
    messages.some(each => /^1 of 7: getting the node image kindest\/node:v1\.35\.1: \d+ of \d+ MB$/.test(each)),
    messages.join('\n'),
  )
  assert.equal(cluster.kubernetesVersion, 'v1.35.1')
  assert.match(cluster.imageDigest ?? '', /^kindest\/node@sha256:[0-9a-f]{64}$/)
})

test('an image that cannot be had fails the operation, and says which there are', async t => {
  const rig = await startRig(t)
  const operation = await rig.ended(rig.engine.clusters.create(ann, { name: 'alex', image: 'kindest/node:missing' }))
  assert.equal(operation.state, 'failed')
  assert.equal(operation.error?.step, 'image')
  assert.match(operation.error?.message ?? '', /kindest\/node:missing is not here and cannot be pulled/)
  assert.match(operation.error?.message ?? '', /kindest\/node:v1\.34\.4/)
})

test('a cluster keeps the image it began with when its tag moves', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 1 })
  const [before] = (await worldOf(rig.runtime)).nodes
  const tagged = await rig.runtime.images.find('kindest/node:v1.34.4')
  assert.ok(tagged && before)
  // Somebody pulls another image under the same tag.
  const moved = await moveTag(rig.runtime)
  assert.notEqual(moved, before.imageId)
  await rig.done(rig.engine.clusters.patch(ann, 'alex', { nodes: 2 }))
  const after = (await worldOf(rig.runtime)).nodes
  assert.deepEqual(
    after.map(node => node.imageId),
    [before.imageId, before.imageId],
  )
})

async function moveTag(runtime: Awaited<ReturnType<typeof startRig>>['runtime']): Promise<string> {
  const digest = `sha256:${'5e'.repeat(32)}`
  await runtime.images.pull(`kindest/node:v1.34.4@${digest}`, () => undefined, new AbortController().signal)
  const found = await runtime.images.find('kindest/node:v1.34.4')
  assert.ok(found)
  return found.id
}

test('one node makes a cluster, without workers to join', async t => {
  const rig = await startRig(t)
  const operation = await rig.done(rig.engine.clusters.create(ann, { name: 'kubeflow_v1_9_0', nodes: 1 }))
  assert.deepEqual(
    operation.steps.map(step => step.name),
    ['image', 'network', 'control-plane', 'api-server', 'init', 'addons', 'ready'],
  )
  assert.equal(rig.cluster('kubeflow_v1_9_0').state, 'ready')
})

test('what is asked of a cluster that is being made is done when it has been made', async t => {
  const rig = await startRig(t)
  const release = rig.runtime.inject.pause('join')
  const create = await rig.engine.clusters.create(ann, { name: 'alex', nodes: 2 })
  await release.reached
  const scale = await rig.engine.clusters.patch(ann, 'alex', { nodes: 3 })
  const stop = await rig.engine.clusters.stop(ann, 'alex')
  assert.equal(rig.cluster('alex').state, 'creating')
  release()
  await rig.done(create)
  await Promise.all([rig.done(scale), rig.done(stop)])
  assert.deepEqual([rig.cluster('alex').state, rig.nodes('alex').length], ['stopped', 3])
  await rig.done(rig.engine.clusters.start(ann, 'alex'))
  assert.deepEqual([rig.cluster('alex').state, rig.cluster('alex').readyNodes], ['ready', 3])
})
