import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { NodeSpec } from '../../../src/drivers/runtime.ts'
import { readGatewayId } from '../../../src/store/gateway.ts'
import {
  ann,
  assertNothingLeft,
  type Rig,
  refused,
  root,
  startRig,
  worldOf,
} from '../../support/engine-on-simulated.ts'

/** A node with its network, as a gateway makes them. */
async function make(rig: Rig, of: Partial<NodeSpec> & { gatewayId: string }): Promise<NodeSpec> {
  const image = await rig.runtime.images.find('kindest/node:v1.34.4')
  const spec: NodeSpec = {
    name: `node-${randomUUID().slice(0, 8)}.localhost`,
    cluster: 'gone',
    clusterId: randomUUID(),
    role: 'worker',
    image: image?.id ?? '',
    network: 'kindgate-gone',
    address: '172.28.9.2',
    apiServer: null,
    ...of,
  }
  await rig.runtime.networks.ensure({
    name: spec.network,
    cluster: spec.cluster,
    clusterId: spec.clusterId,
    gatewayId: spec.gatewayId,
    subnet: '172.28.9.0/24',
    hostAddress: '172.28.9.1',
  })
  await rig.runtime.nodes.create(spec)
  return spec
}

test('a container and a network of ours that belong to no cluster are removed', async t => {
  const rig = await startRig(t)
  const spec = await make(rig, { gatewayId: await readGatewayId(rig.store) })
  await rig.runtime.nodes.start(spec.name).catch(() => undefined)
  await worldOf(rig.runtime, ({ nodes, networks }) => nodes.length + networks.length === 0)
  await assertNothingLeft(rig)
})

test('what could not be removed at once is removed later', async t => {
  const rig = await startRig(t)
  rig.runtime.inject.failNext('remove', new Error('device busy'))
  rig.runtime.inject.failNext('removeNetwork', new Error('active endpoints'))
  await make(rig, { gatewayId: await readGatewayId(rig.store) })
  await worldOf(rig.runtime, ({ nodes, networks }) => nodes.length + networks.length === 0)
})

test('what another gateway made is left alone, is shown, and can only be read', async t => {
  const rig = await startRig(t)
  const { name } = await make(rig, { gatewayId: 'another', cluster: 'theirs' })
  await rig.until(() => rig.engine.tables.clusters.byName('theirs') !== undefined)
  const { managedBy, owner } = rig.cluster('theirs')
  assert.deepEqual({ managedBy, owner }, { managedBy: 'other', owner: null })
  await assert.rejects(rig.engine.clusters.remove(root, 'theirs'), refused('ReadOnly', /another gateway/))
  await rig.create({ name: 'alex', nodes: 1 })
  await rig.done(rig.engine.clusters.remove(ann, 'alex'))
  const { nodes, networks } = await worldOf(rig.runtime)
  assert.deepEqual([nodes.map(node => node.name), networks.map(each => each.name)], [[name], ['kindgate-gone']])
})

test('a container that comes late to a cluster that does not want it any more is removed', async t => {
  const rig = await startRig(t)
  const cluster = await rig.create({ name: 'alex', nodes: 2 })
  await make(rig, {
    gatewayId: await readGatewayId(rig.store),
    cluster: 'alex',
    clusterId: cluster.id,
    network: 'kindgate-alex',
  })
  await worldOf(rig.runtime, ({ nodes }) => nodes.length === 2)
  assert.equal(rig.cluster('alex').state, 'ready')
})

test('a cluster whose row somebody deletes from the database is cleared away', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const release = rig.runtime.inject.pause('join')
  const scale = await rig.engine.clusters.patch(ann, 'alex', { nodes: 3 })
  await release.reached
  await rig.store.sql`delete from clusters where name = 'alex'`
  release()
  assert.equal((await rig.ended(scale)).state, 'cancelled')
  await worldOf(rig.runtime, ({ nodes, networks }) => nodes.length + networks.length === 0)
  await rig.until(() => rig.engine.tables.nodes.list({ viewer: root }).items.length === 0)
  await assertNothingLeft(rig)
})
