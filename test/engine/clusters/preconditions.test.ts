import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../src/errors.ts'
import { ann, type Rig, refused, startRig } from '../../support/engine-on-simulated.ts'

const changed = refused('PreconditionFailed', /has the resourceVersion \d+, not/)
const versionOf = (rig: Rig) => rig.cluster('alex').metadata.resourceVersion

test('a command that means another version of the cluster is refused, and told the present one', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const ifMatch = versionOf(rig)
  await rig.done(rig.engine.clusters.patch(ann, 'alex', { labels: { a: '1' } }, { ifMatch }))
  const { clusters } = rig.engine
  await assert.rejects(clusters.patch(ann, 'alex', { nodes: 3 }, { ifMatch }), changed)
  await assert.rejects(clusters.stop(ann, 'alex', { ifMatch }), changed)
  await assert.rejects(rig.engine.nodes.add(ann, 'alex', {}, { ifMatch }), changed)
  await assert.rejects(clusters.remove(ann, 'alex', { ifMatch }), (error: unknown) => {
    changed(error)
    assert.ok(error instanceof GatewayError)
    return error.extra.resourceVersion === versionOf(rig)
  })
  assert.deepEqual([rig.cluster('alex').state, rig.cluster('alex').nodes], ['ready', 2])
  await rig.done(clusters.remove(ann, 'alex', { ifMatch: versionOf(rig) }))
})

test('a node has a version of its own', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const node = rig.worker('alex')
  const ifMatch = node.metadata.resourceVersion
  await rig.done(rig.engine.nodes.stop(ann, node.name, { ifMatch }))
  await assert.rejects(rig.engine.nodes.start(ann, node.name, { ifMatch }), changed)
  await rig.done(rig.engine.nodes.start(ann, node.name, { ifMatch: rig.worker('alex').metadata.resourceVersion }))
})

test('of many changes at once that mean one version, exactly one is made', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 1 })
  const ifMatch = versionOf(rig)
  const answers = await Promise.allSettled(
    [2, 3, 4, 5].map(nodes => rig.engine.clusters.patch(ann, 'alex', { nodes }, { ifMatch })),
  )
  const [won, ...more] = answers.filter(answer => answer.status === 'fulfilled')
  assert.ok(won && more.length === 0)
  for (const answer of answers) if (answer.status === 'rejected') changed(answer.reason)
  await rig.done(won.value)
  assert.equal(rig.cluster('alex').nodes, 2, 'the one that came first')
})

test('changes at once that mean no version are made one after the other', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 1 })
  const all = await Promise.all(Array.from({ length: 4 }, () => rig.engine.nodes.add(ann, 'alex', {})))
  for (const operation of all) await rig.done(operation)
  assert.deepEqual([rig.cluster('alex').nodes, rig.cluster('alex').readyNodes], [5, 5])
})
