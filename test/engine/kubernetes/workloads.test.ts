import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterAccess } from '../../../src/drivers/kubernetes/access.ts'
import { ann, bob, type Rig, root, startRig } from '../../support/engine-on-simulated.ts'

const { signal } = new AbortController()

const deployment = (replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    replicas,
    template: {
      metadata: { labels: { app: 'web', 'app.kubernetes.io/managed-by': 'kindgate' } },
      spec: { containers: [{ name: 'web', image: 'nginx' }] },
    },
  },
})
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80 }] },
}

async function accessTo({ runtime, controlPlane }: Rig, cluster: string): Promise<ClusterAccess> {
  const { name } = controlPlane(cluster)
  const { promise, resolve } = Promise.withResolvers<ClusterAccess>()
  const end = new AbortController()
  const none = () => {}
  await runtime.observe(
    {
      images: none,
      snapshot(nodes) {
        const node = nodes.find(each => each.name === name)
        if (node) resolve(runtime.bootstrap.access(node))
        end.abort()
      },
      node: none,
      nodeGone: none,
      network: none,
      networkGone: none,
      down: none,
    },
    end.signal,
  )
  return promise
}

const podsOf = ({ engine }: Rig, namespace: string) =>
  engine.tables.pods.list({ viewer: root, filter: pod => pod.namespace === namespace }).items

test("a cluster's own pods are there as soon as it is, for those who may see it", async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const { tables } = rig.engine
  const seen = (viewer: typeof ann) => tables.pods.list({ viewer }).items.map(pod => pod.name.split('-')[0])
  assert.ok(seen(ann).includes('coredns'))
  assert.ok(seen(ann).includes('etcd'))
  assert.deepEqual(seen(bob), [])
  const statuses = new Set(podsOf(rig, 'kube-system').map(pod => `${pod.ready} ${pod.status} ${pod.nodeStatus}`))
  assert.deepEqual([...statuses], ['1/1 Running ready'])
  assert.ok(tables.services.byName('alex/default/kubernetes', ann))
})

test('what is applied in a cluster is shown, and is gone when it is deleted', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 2 })
  const access = await accessTo(rig, 'alex')
  await access.apply([deployment(3), service], signal)
  assert.deepEqual(
    podsOf(rig, 'shop').map(pod => pod.status),
    ['Running', 'Running', 'Running'],
  )
  const shown = rig.engine.tables.services.byName('alex/shop/web', ann)
  assert.equal(shown?.readyEndpoints, 3)
  assert.ok(shown.ports[0]?.nodePort)

  await access.apply([deployment(1)], signal)
  assert.equal(podsOf(rig, 'shop').length, 1)
  assert.equal(rig.engine.tables.services.byName('alex/shop/web')?.endpoints, 1)

  await access.remove({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' }, signal)
  assert.deepEqual(podsOf(rig, 'shop'), [])
})

test('lists of a stopped cluster show what was last seen, and say so, to those who may see it', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 1 })
  await rig.create({ name: 'bert', nodes: 1 }, bob)
  const { pods } = rig.engine.tables
  const before = pods.list({ viewer: ann }).items.length
  assert.ok(before > 0)
  await rig.done(rig.engine.clusters.stop(ann, 'alex'))
  const own = pods.list({ viewer: ann, scope: 'alex' })
  assert.equal(own.items.length, before)
  assert.deepEqual([own.stale, own.staleReason], [true, 'the control plane does not run'])
  assert.equal(pods.list({ viewer: root }).staleReason, 'alex: the control plane does not run')
  assert.equal(pods.list({ viewer: bob }).stale, undefined)
  assert.equal(pods.list({ viewer: root, scope: 'bert' }).stale, undefined)

  await rig.done(rig.engine.clusters.start(ann, 'alex'))
  assert.equal(pods.list({ viewer: root }).stale, undefined)
})

test('a deleted cluster takes its pods and services with it', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 1 })
  await rig.done(rig.engine.clusters.remove(ann, 'alex'))
  const { pods, services } = rig.engine.tables
  for (const table of [pods, services]) {
    const { items, stale } = table.list({ viewer: root })
    assert.deepEqual([items, stale], [[], undefined])
  }
})
