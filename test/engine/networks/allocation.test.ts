import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RuntimeError } from '../../../src/drivers/runtime.ts'
import { overlaps } from '../../../src/engine/networks/allocate.ts'
import { readGatewayId } from '../../../src/store/gateway.ts'
import {
  ann,
  assertNothingLeft,
  outcome,
  type Rig,
  refused,
  settings,
  startRig,
  worldOf,
} from '../../support/engine-on-simulated.ts'

/** A network that has nothing to do with this gateway. */
async function occupy(rig: Rig, subnet: string, name = `other-${subnet}`, gatewayId = 'another'): Promise<void> {
  const hostAddress = subnet.replace(/\d+\/\d+$/, '1')
  await rig.runtime.networks.ensure({ name, cluster: name, clusterId: `of-${name}`, gatewayId, subnet, hostAddress })
}

test('property: clusters made side by side share no address and no port, whatever else is on the host', async t => {
  const thirds = fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(thirds, fc.integer({ min: 2, max: 6 }), async (occupied, clusters) => {
      const rig = await startRig(t)
      for (const third of occupied) await occupy(rig, `172.28.${third}.0/24`)
      const names = Array.from({ length: clusters }, (_, index) => `c${index}`)
      await Promise.all(names.map(name => rig.create({ name, nodes: 1 + (name.length % 2) })))
      const { networks } = await worldOf(rig.runtime)
      const subnets = networks.map(network => network.subnet ?? '')
      for (const [index, subnet] of subnets.entries())
        assert.ok(!subnets.slice(index + 1).some(other => overlaps(subnet, other)), subnets.join(' '))
      assert.equal(subnets.length, occupied.length + clusters)
      for (const name of names) {
        const { network, apiServer } = rig.cluster(name)
        for (const { address } of rig.nodes(name)) assert.ok(overlaps(address ?? '', network?.subnet ?? ''))
        assert.equal(names.filter(other => rig.cluster(other).apiServer === apiServer).length, 1)
      }
      await rig.engine.close()
    }),
    { numRuns: 8 },
  )
})

test('a subnet that turns out to be taken is changed for another before a node is in it', async t => {
  const rig = await startRig(t)
  const taken = () => new RuntimeError('SubnetTaken', 'Pool overlaps with other one on this address space')
  rig.runtime.inject.failNext('ensureNetwork', taken())
  rig.runtime.inject.failNext('ensureNetwork', taken())
  const cluster = await rig.create({ name: 'alex', nodes: 2 })
  assert.equal(cluster.network?.subnet, '172.28.2.0/24')
  assert.deepEqual(
    rig.nodes('alex').map(node => node.address),
    ['172.28.2.2', '172.28.2.3'],
  )
  assert.deepEqual(
    (await worldOf(rig.runtime)).nodes.map(node => node.address),
    ['172.28.2.2', '172.28.2.3'],
  )
})

test('without a free subnet a cluster is refused, naming the setting', async t => {
  const rig = await startRig(t, { settings: { networkPool: '172.28.0.0/23' } })
  await rig.create({ name: 'a', nodes: 1 })
  await occupy(rig, '172.28.1.0/24')
  const operation = await rig.ended(rig.engine.clusters.create(ann, { name: 'b', nodes: 1 }))
  assert.deepEqual(outcome(operation), { state: 'failed', step: 'network' })
  assert.match(operation.error?.message ?? '', /no \/24 is free in 172\.28\.0\.0\/23 \(setting NETWORK_POOL\)/)
  await rig.runtime.networks.remove('other-172.28.1.0/24')
  await rig.create({ name: 'b', nodes: 1 })
  await assert.rejects(rig.engine.clusters.create(ann, { name: 'c' }), refused('Conflict', /172\.28\.0\.0\/23/))
  await rig.done(rig.engine.clusters.remove(ann, 'a'))
  await rig.create({ name: 'c', nodes: 1 })
})

test('a port that turns out to be taken is changed for another before anybody knows it', async t => {
  const rig = await startRig(t)
  const release = rig.runtime.inject.pause('create')
  const create = await rig.engine.clusters.create(ann, { name: 'alex', nodes: 1 })
  await release.reached
  const first = rig.cluster('alex').apiServer
  rig.runtime.inject.failNext('start', new RuntimeError('PortTaken', 'port is already allocated'))
  release()
  await rig.done(create)
  const { apiServer } = rig.cluster('alex')
  assert.notEqual(apiServer, first)
  assert.ok((await rig.engine.clusters.kubeconfig(ann, 'alex')).includes(`server: ${apiServer}`))
})

test('a port that is taken while the cluster is stopped is not changed: its kubeconfig is with its users', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 1 })
  const { apiServer } = rig.cluster('alex')
  await rig.done(rig.engine.clusters.stop(ann, 'alex'))
  rig.runtime.inject.failNext('start', new RuntimeError('PortTaken', 'port is already allocated'))
  const start = await rig.ended(rig.engine.clusters.start(ann, 'alex'))
  assert.deepEqual([start.state, start.error?.message], ['failed', 'port is already allocated'])
  await rig.done(rig.engine.clusters.start(ann, 'alex'))
  assert.equal(rig.cluster('alex').apiServer, apiServer)
})

test('a network that a deleted cluster of the same name has left is cleared away first', async t => {
  const rig = await startRig(t)
  const release = rig.runtime.inject.pause('removeNetwork')
  await occupy(rig, '172.31.0.0/24', 'kindgate-alex', await readGatewayId(rig.store))
  const create = await rig.engine.clusters.create(ann, { name: 'alex', nodes: 2 })
  await release.reached
  release()
  await rig.done(create)
  assert.equal(rig.cluster('alex').network?.subnet, '172.28.0.0/24')
  await rig.done(rig.engine.clusters.remove(ann, 'alex'))
  await assertNothingLeft(rig)
})

test('a network of that name that somebody else made is neither used nor removed', async t => {
  const rig = await startRig(t)
  await occupy(rig, '172.31.0.0/24', 'kindgate-alex')
  const operation = await rig.ended(rig.engine.clusters.create(ann, { name: 'alex', nodes: 2 }))
  assert.deepEqual(outcome(operation), { state: 'failed', step: 'network' })
  assert.match(operation.error?.message ?? '', /kindgate-alex is there already and belongs to something else/)
  assert.deepEqual(
    (await worldOf(rig.runtime)).networks.map(network => network.name),
    ['kindgate-alex'],
  )
})

test('the pool is used from its beginning, and what is given back is used again', async t => {
  const rig = await startRig(t)
  assert.equal(settings.networkPool, '172.28.0.0/14')
  await rig.create({ name: 'a', nodes: 1 })
  await rig.create({ name: 'b', nodes: 1 })
  await rig.done(rig.engine.clusters.remove(ann, 'a'))
  const { network } = await rig.create({ name: 'c', nodes: 1 })
  assert.deepEqual([network?.subnet, rig.cluster('b').network?.subnet], ['172.28.0.0/24', '172.28.1.0/24'])
})
