import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { status } from '../../drivers/kubernetes/support/api-server.ts'
import { ann, bob, type Rig, refused, root, startOn, startRig } from '../../support/engine-on-simulated.ts'
import { pod, startForeignCluster } from '../../support/imported.ts'

function podsOf(rig: Rig, cluster: string) {
  return rig.engine.tables.pods.list({ viewer: root, filter: each => each.cluster === cluster }).items
}

const until = (rig: Rig, cluster: string, count: number) =>
  new Promise<void>(resolve => {
    const look = () => {
      if (podsOf(rig, cluster).length !== count) return
      end()
      resolve()
    }
    const end = rig.engine.tables.pods.subscribe(look)
    look()
  })

test('an imported cluster is shown with its nodes and pods, as they change', async t => {
  const rig = await startRig(t)
  const far = await startForeignCluster(t)
  const operation = await rig.engine.clusters.create(root, { name: 'far', kubeconfig: far.kubeconfig() })
  assert.deepEqual([operation.action, operation.state], ['createCluster', 'succeeded'])
  await rig.until(() => rig.cluster('far').state === 'ready')
  const { managedBy, kubernetesVersion, nodes, readyNodes, apiServer, owner } = rig.cluster('far')
  assert.deepEqual(
    { managedBy, kubernetesVersion, nodes, readyNodes, apiServer, owner },
    {
      managedBy: 'imported',
      kubernetesVersion: 'v1.33.1',
      nodes: 1,
      readyNodes: 1,
      apiServer: far.server,
      owner: 'root',
    },
  )
  await until(rig, 'far', 1)
  const [web] = podsOf(rig, 'far')
  assert.deepEqual([web?.name, web?.node, web?.nodeStatus], ['web', 'far-1', 'ready'])
  assert.deepEqual(
    rig.nodes('far').map(node => [node.name, node.role, node.state]),
    [['far:far-1', 'control-plane', 'ready']],
  )
  far.api.put('/api/v1/pods', pod('more'))
  await until(rig, 'far', 2)
  far.api.remove('/api/v1/pods', 'default/web')
  await until(rig, 'far', 1)
})

test('the same cluster under two names is two clusters, each with its pods', async t => {
  const rig = await startRig(t)
  const far = await startForeignCluster(t)
  await rig.engine.clusters.create(root, { name: 'one', kubeconfig: far.kubeconfig() })
  await rig.engine.clusters.create(root, { name: 'two', kubeconfig: far.kubeconfig() })
  await Promise.all([until(rig, 'one', 1), until(rig, 'two', 1)])
  await rig.engine.clusters.remove(root, 'one')
  assert.deepEqual([podsOf(rig, 'one').length, podsOf(rig, 'two').length], [0, 1])
})

test('credentials are encrypted at rest, and a restart goes on with them', async t => {
  const rig = await startRig(t)
  const far = await startForeignCluster(t)
  await rig.engine.clusters.create(root, { name: 'far', kubeconfig: far.kubeconfig(), labels: { a: 'b' } })
  const rows = JSON.stringify(await rig.store.sql`select * from imported_clusters, operations`)
  for (const secret of [far.key, Buffer.from(far.key).toString('base64')])
    assert.equal(rows.includes(JSON.stringify(secret).slice(1, -1)), false)
  await rig.engine.close()
  const again = await startOn(t, rig)
  await again.until(() => again.cluster('far').state === 'ready')
  assert.deepEqual(again.cluster('far').labels, { a: 'b' })
})

test('one whose API server does not answer is degraded, and says why; what was seen of it stays', async t => {
  const rig = await startRig(t)
  const far = await startForeignCluster(t)
  await rig.engine.clusters.create(root, { name: 'far', kubeconfig: far.kubeconfig() })
  await rig.until(() => rig.cluster('far').state === 'ready')
  await until(rig, 'far', 1)
  await far.stop()
  await rig.until(() => rig.cluster('far').state === 'degraded')
  assert.match(rig.cluster('far').message, /no answer from the API server/)
  assert.equal(podsOf(rig, 'far').length, 1)
})

test('it can be forgotten and nothing else; the cluster itself stays as it is', async t => {
  const rig = await startRig(t)
  const far = await startForeignCluster(t)
  await rig.engine.clusters.create(root, { name: 'far', kubeconfig: far.kubeconfig() })
  await rig.until(() => rig.nodes('far').length === 1)
  const { clusters, nodes } = rig.engine
  const readOnly = refused('ReadOnly', /imported/)
  await assert.rejects(clusters.stop(root, 'far'), readOnly)
  await assert.rejects(clusters.start(root, 'far'), readOnly)
  await assert.rejects(clusters.patch(root, 'far', { nodes: 3 }), readOnly)
  await assert.rejects(nodes.add(root, 'far', { count: 1 }), readOnly)
  await assert.rejects(nodes.stop(root, 'far:far-1'), readOnly)
  await assert.rejects(nodes.remove(root, 'far:far-1'), readOnly)
  await assert.rejects(nodes.processes(root, 'far:far-1'), refused('Conflict', /no container/))
  await assert.rejects(clusters.kubeconfig(root, 'far'), refused('Conflict', /imported/))
  await assert.rejects(clusters.remove(bob, 'far'), refused('NotFound'))
  await assert.rejects(clusters.remove(root, 'far', { ifMatch: '1' }), refused('PreconditionFailed'))

  const operation = await clusters.remove(root, 'far')
  assert.deepEqual([operation.action, operation.state], ['deleteCluster', 'succeeded'])
  assert.equal(rig.engine.tables.clusters.byName('far'), undefined)
  assert.deepEqual([rig.nodes('far'), podsOf(rig, 'far')], [[], []])
  assert.equal((await rig.store.sql`select 1 from imported_clusters`).length, 0)
  assert.ok(far.api.get('/api/v1/pods', 'default/web'))
  await assert.rejects(clusters.remove(root, 'far'), refused('NotFound'))
})

test('names are unique among clusters of both kinds', async t => {
  const rig = await startRig(t)
  const far = await startForeignCluster(t)
  const taken = refused('AlreadyExists')
  await rig.create({ name: 'alex', nodes: 1 })
  await rig.engine.clusters.create(root, { name: 'far', kubeconfig: far.kubeconfig() })
  await assert.rejects(rig.engine.clusters.create(root, { name: 'alex', kubeconfig: far.kubeconfig() }), taken)
  await assert.rejects(rig.engine.clusters.create(root, { name: 'far', kubeconfig: far.kubeconfig() }), taken)
  await assert.rejects(rig.engine.clusters.create(ann, { name: 'far', nodes: 1 }), taken)
  const both = await Promise.allSettled([
    rig.engine.clusters.create(root, { name: 'race', kubeconfig: far.kubeconfig() }),
    rig.engine.clusters.create(ann, { name: 'race', nodes: 1 }),
  ])
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
})

test('a command that is repeated with its key is the same import; another kubeconfig is another command', async t => {
  const rig = await startRig(t)
  const far = await startForeignCluster(t)
  const body = { name: 'far', kubeconfig: far.kubeconfig() }
  const first = await rig.engine.clusters.create(root, body, { idempotencyKey: 'k' })
  assert.equal((await rig.engine.clusters.create(root, body, { idempotencyKey: 'k' })).id, first.id)
  const other = { name: 'far', kubeconfig: far.kubeconfig({ token: 'x' }) }
  await assert.rejects(rig.engine.clusters.create(root, other, { idempotencyKey: 'k' }), refused('Unprocessable'))
})

test('it counts as a cluster of its owner, who cannot be deleted before it', async t => {
  const rig = await startRig(t)
  const kubeconfig = (await startForeignCluster(t)).kubeconfig({}, { server: 'https://k8s.example.com' })
  await rig.engine.users.patch(root, 'ann', { quotas: { clusters: 1 } })
  await rig.engine.clusters.create(ann, { name: 'far', kubeconfig })
  const over = refused('Forbidden', /exceeded quota: clusters/)
  await assert.rejects(rig.engine.clusters.create(ann, { name: 'more', kubeconfig }), over)
  await assert.rejects(rig.engine.clusters.create(ann, { name: 'more', nodes: 1 }), over)
  await assert.rejects(rig.engine.users.remove(root, 'ann'), refused('Conflict', /far/))
  assert.equal(rig.engine.tables.clusters.byName('far', bob), undefined)
})

test('only admins import what is in the networks of the gateway, and nobody what is on its link', async t => {
  const rig = await startRig(t)
  const far = await startForeignCluster(t)
  const refusal = refused('Unprocessable')
  await assert.rejects(rig.engine.clusters.create(ann, { name: 'far', kubeconfig: far.kubeconfig() }), refusal)
  const metadata = far.kubeconfig({}, { server: 'https://169.254.169.254' })
  await assert.rejects(rig.engine.clusters.create(root, { name: 'far', kubeconfig: metadata }), refusal)
  assert.deepEqual(far.api.requests.all, [])
})

test('what is written into the store by another is shown', async t => {
  const rig = await startRig(t)
  const far = await startForeignCluster(t)
  await rig.engine.clusters.create(root, { name: 'far', kubeconfig: far.kubeconfig() })
  await rig.store.sql`update imported_clusters set owner = 'bob'`
  await rig.until(() => rig.cluster('far').owner === 'bob')
  await rig.store.sql`delete from imported_clusters`
  await rig.until(() => rig.engine.tables.clusters.byName('far') === undefined)
})

async function untilStale(table: 'pods' | 'services', rig: Rig, reason: RegExp): Promise<void> {
  const stale = () => rig.engine.tables[table].list({ viewer: root, scope: 'far' }).staleReason ?? ''
  while (!reason.test(stale())) await turn()
}

test('one that reports pods without end is stale, and says why; the others are as they were', async t => {
  const rig = await startRig(t)
  const far = await startForeignCluster(t)
  let count = 0
  far.api.intercept = ({ path, query }) => {
    if (path !== '/api/v1/pods' || query.has('watch')) return undefined
    const items = Array.from({ length: 500 }, () => {
      count += 1
      const { metadata, ...rest } = pod(`p${count}`)
      return { metadata: { ...metadata, uid: `u${count}`, resourceVersion: '1' }, ...rest }
    })
    return { status: 200, body: { kind: 'List', metadata: { resourceVersion: '1', continue: 'more' }, items } }
  }
  await rig.create({ name: 'alex', nodes: 1 })
  await rig.engine.clusters.create(root, { name: 'far', kubeconfig: far.kubeconfig() })
  await untilStale('pods', rig, /more in \/api\/v1\/pods than 20000 objects \(setting CLUSTER_OBJECTS\)/)
  assert.equal(count, 20_500)
  assert.deepEqual(podsOf(rig, 'far'), [])
  assert.equal(rig.engine.tables.pods.list({ viewer: root, scope: 'alex' }).stale, undefined)
  assert.ok(podsOf(rig, 'alex').length > 0)
})

test('one that refuses the list of its nodes is degraded, and its pods and logs are there', async t => {
  const rig = await startRig(t)
  const far = await startForeignCluster(t)
  far.api.intercept = ({ path }) => {
    if (path === '/api/v1/nodes') return status(403, 'Forbidden', 'nodes is forbidden')
    return path.endsWith('/log') ? { status: 200, body: 'told' } : undefined
  }
  await rig.engine.clusters.create(root, { name: 'far', kubeconfig: far.kubeconfig() })
  await until(rig, 'far', 1)
  await rig.until(() => rig.cluster('far').message === 'the API server answers 403: nodes is forbidden')
  assert.equal(rig.cluster('far').state, 'degraded')
  const ref = { cluster: 'far', namespace: 'default', pod: 'web' }
  const log = await rig.engine.pods.logs(root, ref, {}, new AbortController().signal)
  assert.equal(await text(Readable.from(log)), 'told')
})

test('services are stale while their endpoints cannot be followed', async t => {
  const rig = await startRig(t)
  const far = await startForeignCluster(t)
  far.api.put('/api/v1/services', { metadata: { name: 'web', namespace: 'default' }, spec: { ports: [{ port: 80 }] } })
  const refuse: typeof far.api.intercept = ({ path }) =>
    path.includes('endpointslices') ? status(403, 'Forbidden', 'not for you') : undefined
  far.api.intercept = refuse
  await rig.engine.clusters.create(root, { name: 'far', kubeconfig: far.kubeconfig() })
  await untilStale('services', rig, /answers 403: not for you/)
  far.api.intercept = undefined
  await untilStale('services', rig, /^$/)
  assert.equal(rig.engine.tables.services.byName('far/default/web')?.endpoints, 0)
})
