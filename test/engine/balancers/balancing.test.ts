import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/drivers/kubernetes/objects.ts'
import { createSimulatedBalancer } from '../../../src/drivers/simulated/balancer.ts'
import type { Balancer } from '../../../src/engine/balancers/schema.ts'
import { createEagerClock } from '../../support/eager-clock.ts'
import { ann, bob, type Rig, refused, root, startOn, startRig } from '../../support/engine-on-simulated.ts'

const never = new AbortController().signal

/** A service of type LoadBalancer, as a user applies it. */
async function expose(rig: Rig, cluster: string, name: string, spec: JsonObject = {}): Promise<void> {
  await act(rig, cluster, access =>
    access.apply(
      [
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name, namespace: 'default', labels: { app: name } },
          spec: { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }], ...spec },
        },
      ],
      never,
    ),
  )
}

async function act(
  rig: Rig,
  cluster: string,
  work: (access: Awaited<ReturnType<Rig['runtime']['bootstrap']['access']>>) => Promise<void>,
): Promise<void> {
  const { clusterId, containerId } = rig.controlPlane(cluster)
  const node = await observedNode(rig, containerId ?? clusterId)
  const access = await rig.runtime.bootstrap.access(node)
  await work(access)
  access.close()
}

async function observedNode(rig: Rig, id: string) {
  const { worldOf } = await import('../../support/engine-on-simulated.ts')
  const node = (await worldOf(rig.runtime)).nodes.find(each => each.id === id)
  assert.ok(node)
  return node
}

const elements = (rig: Rig, service: string) =>
  rig.engine.tables.balancers.list({ viewer: root, filter: each => each.service === service }).items

/** The elements of a service, once they are as wanted. */
async function shown(rig: Rig, service: string, holds: (all: readonly Readonly<Balancer>[]) => boolean) {
  await rig.until(() => holds(elements(rig, service)))
  return elements(rig, service)
}

const ready = (all: readonly Readonly<Balancer>[]) => all.length > 0 && all.every(each => each.state === 'ready')

const shownBy = (rig: Rig, name: string) => rig.engine.tables.services.byName(`alex/default/${name}`)?.externalAddresses

test('a service gets an address, a real server for each ready node, and is told its address', async t => {
  const rig = await startRig(t)
  await rig.engine.networks.create(root, { addresses: ['203.0.113.10/31'] })
  await rig.create({ name: 'alex', nodes: 3 })
  const [api] = await shown(rig, '', ready)
  assert.deepEqual([api?.vip, api?.vipPort, api?.node], ['203.0.113.10', 6443, rig.controlPlane('alex').name])
  await expose(rig, 'alex', 'web')
  const all = await shown(rig, 'web', ready)
  assert.deepEqual(
    all.map(each => [each.vip, each.vipPort, each.rip, each.ripPort, each.weight]),
    rig.nodes('alex').map(node => ['203.0.113.11', 80, node.address, 30080, 1]),
  )
  assert.deepEqual([all[0]?.owner, all[0]?.driver, all[0]?.labels], ['ann', 'simulated', { app: 'web' }])
  await rig.until(() => shownBy(rig, 'web')?.[0] === '203.0.113.11')
  assert.deepEqual(rig.engine.tables.balancers.list({ viewer: bob }).items, [])
})

test('a node that stops gets nothing more, and comes back', async t => {
  const rig = await startRig(t)
  await rig.engine.networks.create(root, { addresses: ['203.0.113.8/29'] })
  await rig.create({ name: 'alex', nodes: 2 })
  await expose(rig, 'alex', 'web')
  await shown(rig, 'web', all => ready(all) && all.length === 2)
  const { name } = rig.worker('alex')
  await rig.done(rig.engine.nodes.stop(ann, name))
  await shown(rig, 'web', all => all.length === 1 && all[0]?.node !== name)
  await rig.done(rig.engine.nodes.start(ann, name))
  await shown(rig, 'web', all => all.length === 2)
})

test('without a pool balancers say what they wait for, and get addresses when there is one', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 1 })
  await expose(rig, 'alex', 'web')
  const [waiting] = await shown(rig, 'web', all => all.length === 1)
  assert.deepEqual(
    [waiting?.state, waiting?.vip, waiting?.message],
    ['pending', null, 'there is no pool of external addresses'],
  )
  await rig.engine.networks.create(root, { addresses: ['203.0.113.8/29'] })
  await shown(rig, 'web', ready)
})

test('an address that is asked for is given where it is free; else the balancer says why', async t => {
  const rig = await startRig(t)
  await rig.engine.networks.create(root, { addresses: ['203.0.113.8/29'] })
  await rig.create({ name: 'alex', nodes: 1 })
  await expose(rig, 'alex', 'one', { loadBalancerIP: '203.0.113.15' })
  assert.equal((await shown(rig, 'one', ready))[0]?.vip, '203.0.113.15')
  await expose(rig, 'alex', 'two', { loadBalancerIP: '203.0.113.15' })
  const [two] = await shown(rig, 'two', all => all.length === 1)
  assert.deepEqual([two?.state, two?.message], ['pending', '203.0.113.15 belongs to another load balancer'])
})

test('a service that asks for another address gives its own back, and gets the other once that is free', async t => {
  const rig = await startRig(t)
  await rig.engine.networks.create(root, { addresses: ['203.0.113.8/29'] })
  await rig.create({ name: 'alex', nodes: 1 })
  await expose(rig, 'alex', 'one', { loadBalancerIP: '203.0.113.15' })
  await expose(rig, 'alex', 'two', { loadBalancerIP: '203.0.113.14' })
  await rig.until(() => shownBy(rig, 'two')?.[0] === '203.0.113.14')
  await expose(rig, 'alex', 'two', { loadBalancerIP: '203.0.113.15' })
  const [two] = await shown(rig, 'two', all => all[0]?.state === 'pending')
  assert.deepEqual([two?.vip, two?.message], [null, '203.0.113.15 belongs to another load balancer'])
  await rig.until(() => shownBy(rig, 'two')?.length === 0)
  const lacks = rig.log.entries.filter(each => each.text.includes('"service":"two"'))
  assert.equal(lacks.length, 1, lacks.map(each => each.text).join('; '))
  // What it gave back can be had by others.
  await expose(rig, 'alex', 'three', { loadBalancerIP: '203.0.113.14' })
  await shown(rig, 'three', ready)
  await act(rig, 'alex', access =>
    access.remove({ apiVersion: 'v1', kind: 'Service', namespace: 'default', name: 'one' }, never),
  )
  await rig.until(() => shownBy(rig, 'two')?.[0] === '203.0.113.15')
})

test('a service that cannot be told its address is told later, and the balancer says so meanwhile', async t => {
  let refusals = 3
  const rig = await startRig(t, {
    through: {
      runtime: runtime => ({
        ...runtime,
        bootstrap: {
          ...runtime.bootstrap,
          async access(node) {
            const access = await runtime.bootstrap.access(node)
            return {
              ...access,
              async patch(ref, ...rest) {
                if (ref.kind === 'Service' && refusals-- > 0) throw new Error('etcdserver: request timed out')
                return access.patch(ref, ...rest)
              },
            }
          },
        },
      }),
    },
  })
  const messages: string[] = []
  rig.engine.tables.balancers.subscribe(({ object }) => {
    if (object.service === 'web') messages.push(`${object.state} ${object.message}`)
  })
  await rig.engine.networks.create(root, { addresses: ['203.0.113.8/29'] })
  await rig.create({ name: 'alex', nodes: 1 })
  await expose(rig, 'alex', 'web')
  await rig.until(() => shownBy(rig, 'web')?.length === 1)
  assert.equal(refusals, -1)
  const [web] = await shown(rig, 'web', all => all[0]?.message === '')
  assert.equal(web?.state, 'ready')
  const told = 'its service could not be told its address, and will be: etcdserver: request timed out'
  assert.ok(messages.includes(`ready ${told}`), messages.join('; '))
  const delays = rig.log.entries.flatMap(each => /"delayMs":(\d+)} balancing is tried again/.exec(each.text)?.[1] ?? [])
  assert.deepEqual(
    delays.slice(-3).map(Number),
    delays
      .slice(-3)
      .map(Number)
      .toSorted((a, b) => a - b),
  )
})

const pod = (node: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `on-${node}`, namespace: 'default', labels: { app: 'web' } },
  spec: { nodeName: node, containers: [{ name: 'web', image: 'web' }] },
})

test('with externalTrafficPolicy Local only nodes with ready pods of the service get connections', async t => {
  const rig = await startRig(t)
  await rig.engine.networks.create(root, { addresses: ['203.0.113.8/29'] })
  await rig.create({ name: 'alex', nodes: 3 })
  const workers = [rig.worker('alex', 0).name, rig.worker('alex', 1).name]
  const gone = (node: string) =>
    act(rig, 'alex', access =>
      access.remove({ apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: `on-${node}` }, never),
    )
  const [first = '', second = ''] = workers
  await act(rig, 'alex', access => access.apply([pod(first)], never))
  await expose(rig, 'alex', 'local', { externalTrafficPolicy: 'Local', selector: { app: 'web' } })
  await expose(rig, 'alex', 'everywhere', { selector: { app: 'web' } })
  await shown(rig, 'everywhere', all => ready(all) && all.length === 3)
  const [local] = await shown(rig, 'local', all => ready(all) && all.length === 1)
  assert.equal(local?.node, first)
  await act(rig, 'alex', access => access.apply([pod(second)], never))
  const both = await shown(rig, 'local', all => all.length === 2)
  assert.deepEqual(both.map(each => each.node).toSorted(), workers.toSorted())
  await gone(first)
  await shown(rig, 'local', all => all.length === 1 && all[0]?.node === second)
  await gone(second)
  const [none] = await shown(rig, 'local', all => all[0]?.state === 'pending')
  assert.deepEqual([none?.vip, none?.rip], [local?.vip, null])
  assert.match(none?.message ?? '', /no ready node has a ready pod/)
  assert.equal(elements(rig, 'everywhere').length, 3)
})

test('a restart takes no node from a service of which the pods are not known yet', async t => {
  const clock = createEagerClock()
  const driver = createSimulatedBalancer()
  const given: number[] = []
  const balancer: typeof driver = {
    ...driver,
    async ensure(server) {
      if (server.port === 80) given.push(server.realServers.length)
      await driver.ensure(server)
    },
  }
  const rig = await startRig(t, { clock, balancer })
  await rig.engine.networks.create(root, { addresses: ['203.0.113.8/29'] })
  await rig.create({ name: 'alex', nodes: 2 })
  await act(rig, 'alex', access => access.apply([pod(rig.worker('alex').name)], never))
  await expose(rig, 'alex', 'web', { externalTrafficPolicy: 'Local', selector: { app: 'web' } })
  await shown(rig, 'web', ready)
  await rig.engine.close()
  given.length = 0
  const held = Promise.withResolvers<void>()
  const again = await startOn(
    t,
    { store: rig.store, runtime: rig.runtime, clock },
    {
      balancer,
      through: {
        runtime: runtime => ({
          ...runtime,
          bootstrap: {
            ...runtime.bootstrap,
            async access(node) {
              const access = await runtime.bootstrap.access(node)
              return {
                ...access,
                watchEndpointSlices: (observer, signal) =>
                  held.promise.then(() => access.watchEndpointSlices(observer, signal)),
              }
            },
          },
        }),
      },
    },
  )
  await again.until(() => again.engine.tables.services.byName('alex/default/web') !== undefined)
  await shown(again, '', ready)
  assert.deepEqual(given, [])
  held.resolve()
  await shown(again, 'web', ready)
  assert.deepEqual([...new Set(given)], [1])
})

test('an address is kept over a restart, and freed with its service and its cluster', async t => {
  const clock = createEagerClock()
  const rig = await startRig(t, { clock })
  await rig.engine.networks.create(root, { name: 'office', addresses: ['203.0.113.8/29'] })
  await rig.create({ name: 'alex', nodes: 1 })
  await expose(rig, 'alex', 'gone')
  await shown(rig, 'gone', ready)
  await expose(rig, 'alex', 'web')
  const [before] = await shown(rig, 'web', ready)
  await act(rig, 'alex', access =>
    access.remove({ apiVersion: 'v1', kind: 'Service', namespace: 'default', name: 'gone' }, never),
  )
  await shown(rig, 'gone', all => all.length === 0)
  await assert.rejects(
    rig.engine.networks.remove(root, 'office'),
    refused('Conflict', /203\.0\.113\.10 \(alex\/default\/web\)/),
  )
  await rig.engine.close()
  const again = await startOn(t, { store: rig.store, runtime: rig.runtime, clock })
  assert.equal((await shown(again, 'web', ready))[0]?.vip, before?.vip)
  const held = async () =>
    (await rig.store.sql`select host(address) as address from balancers order by balancers.address`).map(
      row => row.address,
    )
  assert.deepEqual(await held(), ['203.0.113.8', '203.0.113.10'])
  await again.done(again.engine.clusters.remove(ann, 'alex'))
  assert.deepEqual(await held(), [])
  await again.until(() => again.engine.tables.balancers.list({ viewer: root }).items.length === 0)
  await again.engine.networks.remove(root, 'office')
  assert.deepEqual(again.engine.tables.networks.list({ viewer: root }).items, [])
})

test('an address that cannot be set up is a state, and is tried again', async t => {
  const driver = createSimulatedBalancer()
  let failures = 3
  const rig = await startRig(t, {
    balancer: {
      ...driver,
      async ensure(server) {
        if (failures-- > 0) throw new Error(`the gateway's host does not have the address ${server.address}`)
        await driver.ensure(server)
      },
    },
  })
  const states: string[] = []
  rig.engine.tables.balancers.subscribe(({ object }) => states.push(`${object.state} ${object.message}`))
  await rig.engine.networks.create(root, { addresses: ['203.0.113.8/29'] })
  await rig.create({ name: 'alex', nodes: 1 })
  await shown(rig, '', ready)
  assert.ok(states.includes("failed the gateway's host does not have the address 203.0.113.8"), states.join('; '))
})

test('pools are for admins, and what no pool can have is refused, saying where', async t => {
  const { networks } = (await startRig(t)).engine
  assert.throws(() => networks.host(ann), refused('Forbidden'))
  await assert.rejects(networks.create(ann, { addresses: ['203.0.113.8/29'] }), refused('Forbidden'))
  await networks.create(root, { name: 'office', addresses: ['203.0.113.8/29'] })
  await assert.rejects(
    networks.create(root, { addresses: ['203.0.113.9'] }),
    refused('Conflict', /203\.0\.113\.8\/29 is in the pool office/),
  )
  await assert.rejects(networks.create(root, { name: 'office', addresses: ['198.51.100.1'] }), refused('AlreadyExists'))
  for (const [address, what] of [
    ['203.0.113.300', /IPv4/],
    ['203.0.113.1/33', /IPv4/],
    ['198.51.100.17/28', /first address/],
    ['224.0.0.1', /no host/],
    ['172.28.5.0/24', /NETWORK_POOL/],
    ['198.0.0.0/8', /65536 addresses/],
  ] as const)
    await assert.rejects(networks.create(root, { addresses: [address] }), (error: unknown) => {
      refused('Unprocessable')(error)
      assert.match(JSON.stringify(error), what)
      return true
    })
  await assert.rejects(networks.remove(ann, 'office'), refused('Forbidden'))
  await assert.rejects(networks.remove(root, 'no-such'), refused('NotFound'))
  await networks.remove(root, 'office')
})
