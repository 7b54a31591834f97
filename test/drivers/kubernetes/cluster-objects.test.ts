import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { createClusterObjects } from '../../../src/drivers/kubernetes/cluster-objects.ts'
import { at } from '../../../src/drivers/kubernetes/objects.ts'
import { status } from './support/api-server.ts'
import { openExchanges } from './support/exchanges.ts'
import { createIdentity, type Identity } from './support/https-server.ts'
import { createWorlds, type WorldKind } from './support/worlds.ts'

const { signal } = new AbortController()
const configMap = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop', ...more },
})
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' } }
const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'a' }

async function open(kind: WorldKind) {
  const world = await kind.open()
  return { ...world, objects: createClusterObjects(world) }
}

for (const world of createWorlds()) {
  describe(`objects over ${world.name}`, () => {
    it('are made by server-side apply alone, namespaces first, workloads last', async () => {
      await using run = await open(world)
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
      await run.objects.apply([deployment, configMap('a'), namespace], signal)
      const sent = run.api.requests.all.filter(({ method }) => method !== 'GET')
      assert.deepEqual(
        sent.map(({ method, path }) => `${method} ${path}`),
        [
          'PATCH /api/v1/namespaces/shop',
          'PATCH /api/v1/namespaces/shop/configmaps/a',
          'PATCH /apis/apps/v1/namespaces/shop/deployments/web',
        ],
      )
      for (const { query, contentType } of sent) {
        assert.deepEqual(Object.fromEntries(query), { fieldManager: 'kindgate', force: 'true' })
        assert.equal(contentType, 'application/apply-patch+yaml')
      }
    })

    it('ask an API server only once what it has', async () => {
      await using run = await open(world)
      for (const name of ['a', 'b', 'c']) await run.objects.apply([configMap(name)], signal)
      assert.equal(run.api.requests.all.filter(({ path }) => path === '/api/v1').length, 1)
    })

    it('are refused at the first failure, whatever it is', async () => {
      await using run = await open(world)
      run.api.intercept = ({ method }) => (method === 'PATCH' ? status(403, 'Forbidden', 'quota') : undefined)
      await assert.rejects(run.objects.apply([configMap('a')], signal), { name: 'KubernetesError', status: 403 })
      await assert.rejects(run.objects.apply([{ ...deployment, kind: 'Rocket' }], signal), { status: 404 })
      await assert.rejects(run.objects.apply([{ kind: 'ConfigMap' }], signal), { status: 422 })
    })

    it('go with what depends on them, and may be gone', async () => {
      await using run = await open(world)
      await run.objects.apply([configMap('a')], signal)
      await run.objects.remove(ref, signal, { gracePeriodSeconds: 3 })
      assert.equal(run.api.get('/api/v1/configmaps', 'shop/a'), undefined)
      const sent = run.api.requests.all.at(-1)
      assert.equal(sent?.path, '/api/v1/namespaces/shop/configmaps/a')
      assert.equal(at(sent?.body, 'propagationPolicy'), 'Background')
      assert.equal(at(sent?.body, 'gracePeriodSeconds'), 3)
      await run.objects.remove(ref, signal)
      await run.objects.remove({ ...ref, kind: 'Rocket' }, signal)
      await assert.rejects(run.objects.remove(ref, signal, { mustExist: true }), { status: 404 })
    })

    it('are listed by namespace, label and name, and say what they are', async () => {
      await using run = await open(world)
      await run.objects.apply(
        [configMap('a', { labels: { app: 'x' } }), configMap('b'), { ...configMap('c', { namespace: 'other' }) }],
        signal,
      )
      const names = async (of: object) =>
        (await run.objects.list({ apiVersion: 'v1', kind: 'ConfigMap', ...of }, signal)).map(
          object => `${object.apiVersion} ${object.kind} ${at(object, 'metadata', 'name')}`,
        )
      assert.deepEqual(await names({}), ['v1 ConfigMap c', 'v1 ConfigMap a', 'v1 ConfigMap b'])
      assert.deepEqual(await names({ namespace: 'shop' }), ['v1 ConfigMap a', 'v1 ConfigMap b'])
      assert.deepEqual(await names({ labelSelector: 'app=x' }), ['v1 ConfigMap a'])
      assert.deepEqual(await names({ fieldSelector: 'metadata.name=b' }), ['v1 ConfigMap b'])
    })

    it('are patched, their status apart', async () => {
      await using run = await open(world)
      await run.objects.apply([configMap('a')], signal)
      await run.objects.patch(ref, { data: { key: 'value' } }, {}, signal)
      assert.equal(at(run.api.get('/api/v1/configmaps', 'shop/a'), 'data', 'key'), 'value')
      await run.objects.patch(ref, { status: { phase: 'odd' } }, { subresource: 'status' }, signal)
      const sent = run.api.requests.all.at(-1)
      assert.equal(sent?.path, '/api/v1/namespaces/shop/configmaps/a/status')
      assert.equal(sent?.contentType, 'application/merge-patch+json')
      await assert.rejects(run.objects.patch({ ...ref, name: 'no' }, {}, {}, signal), { status: 404 })
    })

    it('end on abort, and leave to others what they wait for, too', async () => {
      await using run = await open(world)
      run.api.intercept = ({ path }) => (path === '/api/v1' ? 'hang' : undefined)
      const controller = new AbortController()
      const listed = run.objects.list({ apiVersion: 'v1', kind: 'Pod' }, controller.signal)
      controller.abort(new Error('no longer needed'))
      await assert.rejects(listed, { message: 'no longer needed' })
    })
  })
}

describe('a log', () => {
  let identity: Identity
  before(async () => {
    identity = await createIdentity()
  })

  it('asks for what is wanted, comes as it is written and ends with the container', async () => {
    await using run = await openExchanges(identity)
    const opening = createClusterObjects(run).log(
      {
        namespace: 'shop',
        pod: 'web-0',
        container: 'app',
        tailLines: 5,
        sinceSeconds: 60,
        timestamps: true,
        follow: true,
      },
      signal,
    )
    const { incoming, outgoing } = await run.exchanges.next()
    assert.equal(
      incoming.url,
      '/api/v1/namespaces/shop/pods/web-0/log?container=app&tailLines=5&sinceSeconds=60&timestamps=true&follow=true',
    )
    outgoing.writeHead(200).flushHeaders()
    const chunks = (await opening)[Symbol.asyncIterator]()
    outgoing.write('one\n')
    assert.equal(String((await chunks.next()).value), 'one\n')
    outgoing.end()
    assert.equal((await chunks.next()).done, true)
  })

  it('of a pod that is not there is a KubernetesError', async () => {
    await using run = await openExchanges(identity)
    const opening = createClusterObjects(run).log({ namespace: 'shop', pod: 'no' }, signal)
    const { outgoing } = await run.exchanges.next()
    const body = { kind: 'Status', code: 404, reason: 'NotFound', message: 'pods "no" not found' }
    outgoing.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    await assert.rejects(opening, { name: 'KubernetesError', status: 404, message: 'pods "no" not found' })
  })
})
