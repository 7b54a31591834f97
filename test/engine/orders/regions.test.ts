import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ann, root, startRig } from '../../support/engine-on-simulated.ts'
import { refuses } from './refuses.ts'
import { makeOrder, orderOf, request, startWithRegion, untilStatus } from './support.ts'

test('a region is there while a node of it can take a pod', async t => {
  const rig = await startWithRegion(t)
  const regions = () => rig.engine.orders.regions.list()
  await rig.done(rig.engine.clusters.stop(root, 'alex'))
  assert.deepEqual(regions(), [])
  await rig.done(rig.engine.clusters.start(root, 'alex'))
  assert.deepEqual(regions(), ['ausrine'])
  await rig.done(rig.engine.clusters.remove(root, 'alex'))
  assert.deepEqual(regions(), [])
})

test('nodes that join later get the label, one that was given another gets it back, and none keeps it', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 }, root)
  assert.deepEqual(rig.engine.orders.regions.list(), [])
  const labels = () => rig.nodes('alex').map(node => node.labels.region)
  await rig.done(rig.engine.clusters.patch(root, 'alex', { region: 'ausrine' }))
  assert.equal(rig.cluster('alex').region, 'ausrine')
  await rig.until(() => labels().every(label => label === 'ausrine'))
  await rig.done(rig.engine.nodes.add(root, 'alex', {}))
  await rig.until(() => labels().length === 3 && labels().every(label => label === 'ausrine'))
  await rig.done(rig.engine.clusters.patch(root, 'alex', { region: 'giltine' }))
  await rig.until(() => labels().every(label => label === 'giltine'))
  await rig.done(rig.engine.clusters.patch(root, 'alex', { region: null }))
  assert.equal(rig.cluster('alex').region, null)
  await rig.until(() => labels().every(label => label === undefined))
})

test('only admins say where orders run', async t => {
  const rig = await startRig(t)
  await refuses('Forbidden', rig.engine.clusters.create(ann, { name: 'mine', region: 'ausrine' }))
  await rig.create({ name: 'mine', nodes: 1 })
  await refuses('Forbidden', rig.engine.clusters.patch(ann, 'mine', { region: 'ausrine' }))
})

test('a port is occupied by a pod, a socket or another order, in any node of the region', async t => {
  const rig = await startWithRegion(t)
  const { regions } = rig.engine.orders
  assert.deepEqual(await regions.occupied('nowhere', [80]), { status: 'NoResource', occupied: [] })
  assert.deepEqual(await regions.occupied('ausrine', [80, 2999]), { status: 'NotOccupied', occupied: [] })
  assert.deepEqual(await regions.occupied('ausrine', [2999, 10250, 6443]), {
    status: 'PortsOccupied',
    occupied: [10250, 6443],
  })
  const { id } = await makeOrder(rig)
  await rig.engine.orders.deployments.deploy(id, request({}))
  assert.deepEqual((await regions.occupied('ausrine', [80, 2999])).occupied, [2999])
  await untilStatus(rig, id, 'ServiceRunning')
  assert.deepEqual((await regions.occupied('ausrine', [80, 2999])).occupied, [2999])

  const other = await makeOrder(rig)
  const refused = await refuses('Conflict', rig.engine.orders.deployments.deploy(other.id, request({})))
  assert.match(refused.message, /2999/)
  // Its own port is no obstacle to deploying anew.
  await rig.engine.orders.deployments.deploy(id, request({ memory: '64Mi' }))
})

test('a node that does not say what listens in it is an internal error of the check', async t => {
  const rig = await startWithRegion(t, {
    through: {
      runtime: runtime => ({
        ...runtime,
        nodes: { ...runtime.nodes, listening: async () => Promise.reject(new Error('exec failed')) },
      }),
    },
  })
  assert.deepEqual(await rig.engine.orders.regions.occupied('ausrine', [80]), { status: 'InternalErr', occupied: [] })
})

test('under the random policy the gateway chooses ports that are free', async t => {
  const rig = await startWithRegion(t)
  const portsOf = (id: string) =>
    orderOf(rig, id).deployment?.containers.flatMap(each => each.ports.flatMap(port => port.hostPort ?? [])) ?? []
  const random = { portSpecification: 'Random Service Port' } as const
  const port = (containerPort: number) => ({ containerPort, hostPort: null, protocol: 'TCP' as const })
  const [first, second] = [await makeOrder(rig, random), await makeOrder(rig, random)]
  for (const { id } of [first, second])
    await rig.engine.orders.deployments.deploy(id, request({ ports: [port(80), port(443)] }))
  const ports = [...portsOf(first.id), ...portsOf(second.id)]
  assert.equal(ports.length, 4)
  assert.equal(new Set(ports).size, 4)
  assert.ok(ports.every(each => each >= 10_000 && each < 30_000 && each !== 10250))
  await refuses('Forbidden', rig.engine.orders.deployments.deploy(first.id, request({})))
})
