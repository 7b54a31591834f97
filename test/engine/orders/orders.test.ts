import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base58 } from '@scure/base'
import { KubernetesError } from '../../../src/drivers/kubernetes/errors.ts'
import { createEagerClock } from '../../support/eager-clock.ts'
import { ann, bob, root, startOn, startRig } from '../../support/engine-on-simulated.ts'
import { refuses } from './refuses.ts'
import { container, makeOrder, orderOf, podsOf, request, startWithRegion, untilStatus } from './support.ts'

test('a secret is 32 bytes in base58, told once and not kept', async t => {
  const rig = await startRig(t)
  const { id, secret } = await makeOrder(rig, { duration: 100, amount: 18000 })
  assert.equal(base58.decode(secret).length, 32)
  assert.equal(rig.engine.orders.authenticate(secret)?.id, id)
  assert.equal(rig.engine.orders.authenticate(`${secret}x`), undefined)
  assert.equal(rig.engine.orders.authenticate(''), undefined)
  const [row] = await rig.store.sql`select to_jsonb(orders)::text as text from orders`
  assert.ok(!row?.text.includes(secret))
  assert.ok(!JSON.stringify(orderOf(rig, id)).includes(secret))
  const order = orderOf(rig, id)
  assert.deepEqual([order.memory, order.cpu, order.status, order.amount], ['2Gi', '500m', 'OrderFiled', 18000])
  assert.equal(Date.parse(order.expiresAt ?? '') - Date.parse(order.metadata.createdAt ?? ''), 100 * 3600_000)
})

test('an order belongs to who made it', async t => {
  const rig = await startRig(t)
  const { order } = await rig.engine.orders.create(ann, { resourceUnit: '1-Unit-Resource' })
  assert.ok(rig.engine.tables.orders.get(order.id, ann))
  assert.equal(rig.engine.tables.orders.get(order.id, bob), undefined)
  await refuses('NotFound', rig.engine.orders.remove(bob, order.id))
  await refuses('NotFound', rig.engine.orders.patch(bob, order.id, { expired: true }))
  await refuses('PreconditionFailed', rig.engine.orders.patch(ann, order.id, { expired: true }, '1'))
})

test('what is deployed runs in a namespace of its own, and goes with the order', async t => {
  const rig = await startWithRegion(t)
  const { id } = await makeOrder(rig)
  assert.equal(rig.engine.orders.pods.status(id), undefined)
  await rig.engine.orders.deployments.deploy(id, request({}))
  await untilStatus(rig, id, 'ServiceRunning')
  const status = rig.engine.orders.pods.status(id)
  assert.ok(status)
  assert.ok(status.name.startsWith(id))
  assert.equal(status.podStatus.phase, 'Running')
  assert.deepEqual(orderOf(rig, id).deployment?.pod, status.name)

  await rig.engine.orders.deployments.stop(id)
  assert.equal(orderOf(rig, id).status, 'ServiceStop')
  await rig.until(() => podsOf(rig, id).length === 0)
  await rig.engine.orders.deployments.start(id)
  await untilStatus(rig, id, 'ServiceRunning')

  await rig.engine.orders.deployments.remove(id)
  await rig.until(() => podsOf(rig, id).length === 0)
  assert.equal(orderOf(rig, id).status, 'OrderFiled')
  await refuses('NotFound', rig.engine.orders.deployments.restart(id))

  await rig.engine.orders.deployments.deploy(id, request({}))
  await untilStatus(rig, id, 'ServiceRunning')
  await rig.engine.orders.remove(root, id)
  await rig.until(() => podsOf(rig, id).length === 0 && rig.engine.tables.orders.get(id) === undefined)
  assert.deepEqual([...(await rig.store.sql`select * from order_places`)], [])
})

test('deploying again replaces, restart makes the pod anew', async t => {
  const rig = await startWithRegion(t)
  const { id } = await makeOrder(rig)
  const podAfter = async (before: string | undefined) => {
    await rig.until(() => {
      const status = rig.engine.orders.pods.status(id)
      return status !== undefined && status.name !== before && status.podStatus.phase === 'Running'
    })
    return rig.engine.orders.pods.status(id)
  }
  await rig.engine.orders.deployments.deploy(id, request({}))
  const first = await podAfter(undefined)
  await rig.engine.orders.deployments.deploy(id, request({ name: 'other', image: 'busybox' }))
  const second = await podAfter(first?.name)
  assert.match(JSON.stringify(second?.podSpec), /"name":"other","image":"busybox"/)
  assert.doesNotMatch(JSON.stringify(second?.podSpec), /nginx/)
  await rig.engine.orders.deployments.restart(id)
  const third = await podAfter(second?.name)
  await rig.engine.orders.deployments.update(id, { environment: { other: { KEY: 'VALUE' } }, config: {} })
  const fourth = await podAfter(third?.name)
  assert.match(JSON.stringify(fourth?.podSpec), /"KEY","value":"VALUE"/)
  await refuses('InvalidRequest', rig.engine.orders.deployments.update(id, { environment: { web: {} }, config: {} }))
  await refuses('InvalidRequest', rig.engine.orders.deployments.update(id, { environment: {}, config: { other: 'x' } }))
})

test('an order that has expired is good for nothing, and what ran for it goes after the grace', async t => {
  const rig = await startWithRegion(t, { settings: { orderGraceMs: 0 } })
  const { id, secret } = await makeOrder(rig)
  await rig.engine.orders.deployments.deploy(id, request({}))
  await untilStatus(rig, id, 'ServiceRunning')
  const identity = rig.engine.orders.authenticate(secret)
  assert.deepEqual([identity?.expired, identity?.ended.aborted], [false, false])
  await rig.engine.orders.patch(root, id, { expired: true })
  await rig.until(() => podsOf(rig, id).length === 0)
  assert.equal(orderOf(rig, id).status, 'ServiceAbort')
  assert.equal(rig.engine.orders.authenticate(secret)?.expired, true)
  assert.equal(identity?.ended.aborted, true)
  await refuses('Forbidden', rig.engine.orders.deployments.deploy(id, request({})))

  await rig.engine.orders.patch(root, id, { duration: 10 })
  assert.equal(rig.engine.orders.authenticate(secret)?.expired, false)
  await untilStatus(rig, id, 'ServiceRunning')
  await refuses('InvalidRequest', rig.engine.orders.patch(root, id, { duration: 1, expired: true }))
})

test('within the grace what runs goes on', async t => {
  const rig = await startWithRegion(t)
  const { id } = await makeOrder(rig)
  await rig.engine.orders.deployments.deploy(id, request({}))
  await untilStatus(rig, id, 'ServiceRunning')
  await rig.engine.orders.patch(root, id, { expired: true })
  assert.equal(podsOf(rig, id).length, 1)
})

test('more than the order is worth is refused with both figures', async t => {
  const rig = await startWithRegion(t)
  const { id } = await makeOrder(rig)
  const { deployments } = rig.engine.orders
  const none = { ports: [] }
  const deploy = (...containers: Parameters<typeof request>) => deployments.deploy(id, request(...containers))
  assert.match((await refuses('Forbidden', deploy({ memory: '3Gi' }))).message, /3Gi.*2Gi/)
  assert.match(
    (await refuses('Forbidden', deploy({ memory: '1.5Gi' }, { name: 'b', memory: '513Mi', ...none }))).message,
    /2049Mi.*2Gi/,
  )
  await refuses('Forbidden', deploy(none, { name: 'b', ...none }, { name: 'c', ...none }))
  const port = (hostPort: number) => ({ containerPort: hostPort, hostPort, protocol: 'TCP' as const })
  await refuses('Forbidden', deploy({ ports: [port(1), port(2), port(3)] }))
  await refuses('InvalidRequest', deploy(none, none))
  await refuses('InvalidRequest', deploy({ ports: [port(1), port(1)] }))
  await refuses(
    'InvalidRequest',
    deploy({
      envs: [
        { name: 'A', value: '' },
        { name: 'A', value: '1' },
      ],
    }),
  )
  await refuses('InvalidRequest', deploy({ image: 'NGINX' }))
  await refuses('InvalidRequest', deployments.deploy(id, { region: 'giltine', containers: [container()] }))
  assert.equal(orderOf(rig, id).deployment, null)
})

test('a gateway that was killed goes on with what was wanted', async t => {
  const rig = await startWithRegion(t)
  const { id } = await makeOrder(rig)
  await rig.engine.close()
  const [cluster] = await rig.store.sql`select id from clusters`
  const deployment = {
    clusterId: cluster?.id,
    region: 'ausrine',
    nodes: null,
    containers: [container()],
    stopped: false,
    restarts: 0,
  }
  await rig.store.sql`update orders set deployment = ${JSON.stringify(deployment)}::text::jsonb`
  const next = await startOn(t, { store: rig.store, runtime: rig.runtime, clock: createEagerClock() })
  await untilStatus(next, id, 'ServiceRunning')
  await next.engine.orders.remove(root, id)
  await next.until(() => next.engine.tables.orders.get(id) === undefined && podsOf(next, id).length === 0)
})

test('orders of a cluster that is deleted are as if nothing ran, and can be deployed elsewhere', async t => {
  const rig = await startWithRegion(t)
  const { id } = await makeOrder(rig)
  await rig.engine.orders.deployments.deploy(id, request({}))
  await untilStatus(rig, id, 'ServiceRunning')
  await rig.done(rig.engine.clusters.remove(root, 'alex'))
  assert.equal(rig.engine.orders.pods.status(id), undefined)
  await rig.create({ name: 'bob', nodes: 1, region: 'ausrine' }, root)
  await rig.until(() => rig.engine.orders.regions.list().length === 1)
  await rig.engine.orders.deployments.deploy(id, request({}))
  await untilStatus(rig, id, 'ServiceRunning')
  assert.equal(orderOf(rig, id).deployment?.cluster, 'bob')
})

test('the log is that of the container, the first one unless another is named', async t => {
  const rig = await startWithRegion(t)
  const { id } = await makeOrder(rig)
  const { signal } = new AbortController()
  await refuses('NotFound', rig.engine.orders.pods.log(id, {}, signal))
  await rig.engine.orders.deployments.deploy(id, request({}))
  await untilStatus(rig, id, 'ServiceRunning')
  const chunks: Uint8Array[] = []
  for await (const chunk of await rig.engine.orders.pods.log(id, { tailLines: 10 }, signal)) chunks.push(chunk)
  assert.ok(Buffer.concat(chunks).length > 0)
  await refuses('NotFound', rig.engine.orders.pods.log(id, { container: 'nobody' }, signal))
})

test('values of variables and texts of files are sealed in the store, and are what the pod has', async t => {
  const rig = await startWithRegion(t)
  const { id } = await makeOrder(rig)
  const stored = async () => {
    const [row] = await rig.store.sql<{ text: string }[]>`select deployment::text as text from orders where id = ${id}`
    return row?.text ?? ''
  }
  const seen = () => JSON.stringify(rig.engine.orders.pods.status(id)?.podSpec)
  await rig.engine.orders.deployments.deploy(
    id,
    request({
      envs: [{ name: 'PASSWORD', value: 'hunter2' }],
      config: { path: '/etc/app.conf', text: 'key=hunter3' },
    }),
  )
  await untilStatus(rig, id, 'ServiceRunning')
  assert.match(seen(), /"name":"PASSWORD","value":"hunter2"/)
  assert.match(await stored(), /PASSWORD.*\/etc\/app\.conf|\/etc\/app\.conf.*PASSWORD/)
  assert.doesNotMatch(await stored(), /hunter/)
  assert.doesNotMatch(JSON.stringify(orderOf(rig, id)), /hunter/)

  await rig.engine.orders.deployments.update(id, { environment: { web: { OTHER: 'hunter4' } }, config: {} })
  await rig.until(() => seen()?.includes('hunter4') === true)
  assert.match(seen(), /"value":"hunter2"/)
  assert.doesNotMatch(await stored(), /hunter/)
  await rig.engine.orders.deployments.restart(id)
  assert.doesNotMatch(await stored(), /hunter/)
})

test('what an earlier version kept in clear runs on, and is sealed at the next start', async t => {
  const rig = await startWithRegion(t)
  const { id } = await makeOrder(rig)
  const sealed = await rig.engine.orders.deployments.deploy(id, request({}))
  await untilStatus(rig, id, 'ServiceRunning')
  await rig.engine.close()
  const clear = {
    ...sealed,
    sealed: undefined,
    containers: [
      container({ envs: [{ name: 'PASSWORD', value: 'hunter2' }], config: { path: '/a', text: 'hunter3' } }),
    ],
  }
  const { sql } = rig.store
  await sql`update orders set deployment = ${sql.json(JSON.parse(JSON.stringify(clear)))} where id = ${id}`
  const next = await startOn(t, rig)
  await next.until(() => JSON.stringify(next.engine.orders.pods.status(id)?.podSpec)?.includes('hunter2') === true)
  const isSealed = async () => (await sql`select 1 from orders where id = ${id} and deployment ? 'sealed'`).length > 0
  while (!(await isSealed())) await new Promise(resolve => setImmediate(resolve))
  const [row] = await sql<{ text: string }[]>`select deployment::text as text from orders where id = ${id}`
  assert.doesNotMatch(row?.text ?? '', /hunter/)
  await next.engine.orders.deployments.update(id, { environment: { web: { OTHER: 'more' } }, config: {} })
  await next.until(() => JSON.stringify(next.engine.orders.pods.status(id)?.podSpec)?.includes('more') === true)
  assert.match(JSON.stringify(next.engine.orders.pods.status(id)?.podSpec), /hunter2/)
})

test('what Kubernetes refuses is told to the buyer and not tried again, until something else is deployed', async t => {
  const rig = await startWithRegion(t)
  const { id } = await makeOrder(rig)
  const { deployments, pods } = rig.engine.orders
  // Kubernetes takes no variable with such a name; its message repeats the name.
  const refused = request({ envs: [{ name: 'hunter2=', value: 'hunter2' }] })
  await deployments.deploy(id, refused)
  await rig.until(() => orderOf(rig, id).message !== null)
  const message = `Deployment "${id}" is invalid: spec.template.spec.containers.env.name: Invalid value: "[redacted]="`
  assert.equal(orderOf(rig, id).message, message)
  assert.equal(orderOf(rig, id).status, 'ServicePending')
  assert.deepEqual(pods.status(id)?.podStatus, { phase: 'Pending', reason: 'Refused', message })
  const none = await refuses('NotFound', pods.log(id, {}, new AbortController().signal))
  assert.match(none.message, /there is no pod: Deployment/)
  const logged = rig.log.entries.map(({ text }) => text).filter(text => text.includes(id))
  assert.match(logged[0] ?? '', /redacted.*Kubernetes refuses what runs for an order/)

  await deployments.deploy(id, request({}))
  await untilStatus(rig, id, 'ServiceRunning')
  assert.equal(orderOf(rig, id).message, null)
  assert.equal(pods.status(id)?.podStatus.reason, undefined)

  await deployments.deploy(id, refused)
  await rig.until(() => orderOf(rig, id).message !== null)
  const { phase, message: why } = pods.status(id)?.podStatus ?? {}
  assert.deepEqual([phase, why], ['Running', message], 'what ran before runs on')
  await deployments.remove(id)
  assert.equal(orderOf(rig, id).message, null)
  assert.ok(!rig.log.entries.some(({ text }) => text.includes('tried again later')))
})

for (const status of [403, 409, 429, 500])
  test(`what Kubernetes answers with ${status} is tried again`, async t => {
    const rig = await startWithRegion(t)
    const { id } = await makeOrder(rig)
    const error = new KubernetesError({ status, reason: 'Conflict', message: 'not now' })
    rig.runtime.inject.failNext('apply', error, `order-${id}`)
    await rig.engine.orders.deployments.deploy(id, request({}))
    await untilStatus(rig, id, 'ServiceRunning')
    assert.equal(orderOf(rig, id).message, null)
  })
