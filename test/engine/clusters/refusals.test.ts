import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ann, bob, type Rig, refused, root, startRig } from '../../support/engine-on-simulated.ts'

async function isUntouched(rig: Rig): Promise<void> {
  const [rows] = await rig.store.sql<{ count: number }[]>`
    select ((select count(*) from clusters) + (select count(*) from operations))::int as count`
  assert.equal(rows?.count, 0, 'nothing is written')
}

test('names and domains that no node can have are refused before anything is written', async t => {
  const rig = await startRig(t)
  for (const name of ['', '-a', 'Alex', 'a b', 'a/b', 'ü', '../etc', 'a\n', 'a'.repeat(64)])
    await assert.rejects(
      rig.engine.clusters.create(ann, { name }),
      refused('InvalidRequest', /not a cluster name/),
      name,
    )
  for (const domain of ['', 'Example', 'a..b', '-a', 'a_b', 'a.', `${'a'.repeat(47)}`, 'a'.repeat(64)])
    await assert.rejects(
      rig.engine.clusters.create(ann, { name: 'a', domain }),
      refused('InvalidRequest', /not a domain/),
      domain,
    )
  await isUntouched(rig)
})

test('node names are host names, however long a domain is', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2, domain: `${'a'.repeat(40)}.b.cd` })
  for (const { name } of rig.nodes('alex')) assert.ok(name.length <= 63, name)
})

test('images that are not allowed, or are none, are refused', async t => {
  const rig = await startRig(t)
  await assert.rejects(
    rig.engine.clusters.create(ann, { name: 'a', image: 'alpine' }),
    refused('ImageNotAllowed', /NODE_IMAGES/),
  )
  await assert.rejects(
    rig.engine.clusters.create(ann, { name: 'a', image: 'kindest/node:v1 x' }),
    refused('InvalidRequest'),
  )
  await isUntouched(rig)
})

test('a name that is taken is refused, whoever has it and however it goes', async t => {
  const rig = await startRig(t)
  const taken = refused('AlreadyExists', /exists already/)
  const release = rig.runtime.inject.pause('create')
  const create = await rig.engine.clusters.create(ann, { name: 'alex', nodes: 1 })
  await release.reached
  await assert.rejects(rig.engine.clusters.create(ann, { name: 'alex' }), taken)
  await assert.rejects(rig.engine.clusters.create(bob, { name: 'alex' }), taken)
  release()
  await rig.done(create)
  await assert.rejects(rig.engine.clusters.create(bob, { name: 'alex' }), taken)
  await rig.done(rig.engine.clusters.remove(ann, 'alex'))
  await rig.create({ name: 'alex', nodes: 1 }, bob)
  assert.equal(rig.cluster('alex').owner, 'bob')
})

test('of many that ask for one name at once, one gets it', async t => {
  const rig = await startRig(t)
  const answers = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) =>
      rig.engine.clusters.create(index % 2 ? ann : bob, { name: 'alex', nodes: 1 }),
    ),
  )
  const [winner, ...more] = answers.filter(answer => answer.status === 'fulfilled')
  assert.ok(winner && more.length === 0)
  for (const answer of answers) if (answer.status === 'rejected') refused('AlreadyExists')(answer.reason)
  await rig.done(winner.value)
})

test('a cluster of the kind CLI is shown, holds its name, and can only be read', async t => {
  const rig = await startRig(t)
  rig.runtime.inject.addKindCluster('kind', 1)
  await rig.until(() => rig.engine.tables.clusters.byName('kind')?.state === 'ready')
  const { managedBy, owner, readyNodes, nodes, kubernetesVersion } = rig.cluster('kind')
  assert.deepEqual(
    { managedBy, owner, readyNodes, nodes, kubernetesVersion },
    { managedBy: 'kind', owner: null, readyNodes: 2, nodes: 2, kubernetesVersion: 'v1.37.0' },
  )
  assert.match(await rig.engine.clusters.kubeconfig(root, 'kind'), /current-context: kind-kind/)

  await assert.rejects(rig.engine.clusters.create(ann, { name: 'kind' }), refused('AlreadyExists'))
  const readOnly = refused('ReadOnly', /managed by the kind CLI/)
  const worker = rig.worker('kind').name
  const { clusters, nodes: nodeCommands } = rig.engine
  for (const command of [
    clusters.patch(root, 'kind', { nodes: 3 }),
    clusters.remove(root, 'kind'),
    clusters.start(root, 'kind'),
    clusters.stop(root, 'kind'),
    nodeCommands.add(root, 'kind', {}),
    nodeCommands.remove(root, worker),
    nodeCommands.start(root, worker),
    nodeCommands.stop(root, worker),
  ])
    await assert.rejects(command, readOnly)
  assert.equal(rig.cluster('kind').state, 'ready')
})

test('what somebody else does to a cluster of the kind CLI is shown, until it is gone', async t => {
  const rig = await startRig(t)
  rig.runtime.inject.addKindCluster('kind', 1)
  await rig.until(() => rig.engine.tables.clusters.byName('kind')?.readyNodes === 2)
  rig.runtime.inject.killNode('kind-worker')
  assert.deepEqual(
    [rig.cluster('kind').state, rig.cluster('kind').message],
    ['degraded', 'kind-worker is stopped (exit code 137)'],
  )
  for (const { name } of rig.nodes('kind')) rig.runtime.inject.removeNode(name)
  assert.equal(rig.engine.tables.clusters.byName('kind'), undefined)
  assert.deepEqual(rig.nodes('kind'), [])
  await rig.create({ name: 'kind', nodes: 1 })
})

test('a cluster that kind makes under a name of ours is shown when ours is gone', async t => {
  const rig = await startRig(t)
  const ours = await rig.create({ name: 'alex', nodes: 2 })
  rig.runtime.inject.addKindCluster('alex', 1)
  assert.equal(rig.cluster('alex').id, ours.id)
  assert.ok(rig.nodes('alex').every(node => node.clusterId === ours.id))
  await rig.done(rig.engine.clusters.patch(ann, 'alex', { nodes: 3 }))
  await rig.done(rig.engine.clusters.remove(ann, 'alex'))
  await rig.until(() => rig.engine.tables.clusters.byName('alex')?.state === 'ready')
  assert.deepEqual([rig.cluster('alex').managedBy, rig.cluster('alex').readyNodes], ['kind', 2])
})
