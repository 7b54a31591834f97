import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { applyManifests } from '../../../src/drivers/kubernetes/manifests.ts'
import { at } from '../../../src/drivers/kubernetes/objects.ts'
import { type ApiAnswer, type FakeApiServer, status } from './support/api-server.ts'
import { createWorlds } from './support/worlds.ts'

const storage = `
# the provisioner, as node images have it
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: provisioner
  namespace: storage
spec:
  replicas: 1
  mode: 0644
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: provisioner
  namespace: storage
---
apiVersion: v1
kind: Namespace
metadata:
  name: storage
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: standard
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  config.json: |-
    { "a": 1 }
---
`

const changes = (api: FakeApiServer) =>
  api.requests.all.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`)

for (const world of createWorlds()) {
  describe(`manifests over ${world.name}`, () => {
    const { signal } = new AbortController()

    it('makes every object in its place, in an order that works, with few requests', async () => {
      await using run = await world.open()
      await applyManifests(run.transport, storage, { clock: run.clock, signal })

      const made = changes(run.api)
      assert.equal(made[0], 'POST /api/v1/namespaces')
      assert.deepEqual(made.slice(1, 4).sort(), [
        'POST /api/v1/namespaces/default/configmaps',
        'POST /api/v1/namespaces/storage/serviceaccounts',
        'POST /apis/storage.k8s.io/v1/storageclasses',
      ])
      assert.deepEqual(made.slice(4), ['POST /apis/apps/v1/namespaces/storage/deployments'])
      assert.equal(run.api.requests.all.length, 5 + 3, 'one discovery for each group version')
      const settings = run.api.get('/api/v1/configmaps', 'default/settings')
      assert.equal(at(settings, 'data', 'config.json'), '{ "a": 1 }')
    })

    it('reads YAML as kubectl does: a leading zero is octal', async () => {
      await using run = await world.open()
      await applyManifests(run.transport, storage, { clock: run.clock, signal })
      assert.equal(at(run.api.get('/apis/apps/v1/deployments', 'storage/provisioner'), 'spec', 'mode'), 0o644)
    })

    it('can be repeated, and brings in line what is there', async () => {
      await using run = await world.open()
      await applyManifests(run.transport, storage, { clock: run.clock, signal })
      await applyManifests(run.transport, storage.replace('replicas: 1', 'replicas: 2'), { clock: run.clock, signal })

      assert.equal(at(run.api.get('/apis/apps/v1/deployments', 'storage/provisioner'), 'spec', 'replicas'), 2)
      const patches = run.api.requests.all.filter(({ method }) => method === 'PATCH')
      assert.equal(patches.length, 5)
      for (const { contentType, query } of patches) {
        assert.equal(contentType, 'application/apply-patch+yaml')
        assert.deepEqual(Object.fromEntries(query), { fieldManager: 'kindgate', force: 'true' })
      }
    })

    it('takes lists apart', async () => {
      await using run = await world.open()
      const list = { apiVersion: 'v1', kind: 'List', items: ['a', 'b'].map(name => configMap(name)) }
      await applyManifests(run.transport, JSON.stringify(list), { clock: run.clock, signal })
      assert.deepEqual(changes(run.api), Array(2).fill('POST /api/v1/namespaces/default/configmaps'))
    })

    it('outlasts a control plane that is still coming up', async () => {
      await using run = await world.open()
      const answers: ApiAnswer[] = [
        'reset',
        status(403, 'Forbidden', 'not yet'),
        status(404, 'NotFound', 'no such group'),
        { status: 200, body: { kind: 'APIResourceList', resources: [] } },
        status(500, 'InternalError', 'etcd'),
      ]
      run.api.intercept = () => answers.shift()
      const applied = applyManifests(run.transport, JSON.stringify(configMap('a')), { clock: run.clock, signal })
      for (const wait of [50, 100, 200, 400, 800]) {
        await run.clock.sleeping(wait)
        await run.clock.advance(wait)
      }
      await applied
      assert.ok(run.api.get('/api/v1/configmaps', 'default/a'))
    })

    it('ends on abort and says which object and why', async () => {
      await using run = await world.open()
      run.api.intercept = () => status(403, 'Forbidden', 'no rights yet')
      const controller = new AbortController()
      const applied = applyManifests(run.transport, JSON.stringify(configMap('a')), {
        clock: run.clock,
        signal: controller.signal,
      })
      await run.clock.sleeping(50)
      controller.abort(new Error('time is up'))
      await assert.rejects(applied, /gave up applying ConfigMap default\/a: no rights yet/)
      assert.equal(run.clock.sleepers, 0)
    })

    it('ends at once when the API server finds an object invalid', async () => {
      await using run = await world.open()
      run.api.intercept = ({ method }) => (method === 'POST' ? status(422, 'Invalid', 'data: too odd') : undefined)
      await assert.rejects(
        applyManifests(run.transport, JSON.stringify(configMap('a')), { clock: run.clock, signal }),
        { name: 'KubernetesError', status: 422, message: /data: too odd/ },
      )
    })

    for (const [what, text] of [
      ['is not YAML', 'a: ]'],
      ['has no kind', 'apiVersion: v1\nmetadata: {name: a}'],
      ['has no name', 'apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}'],
      ['is no object', '- a'],
    ] as const) {
      it(`refuses a text of which one document ${what}, before anything is sent`, async () => {
        await using run = await world.open()
        const both = `${JSON.stringify(configMap('a'))}\n---\n${text}`
        await assert.rejects(applyManifests(run.transport, both, { clock: run.clock, signal }), /manifest/)
        assert.deepEqual(run.api.requests.all, [])
      })
    }

    it('has nothing to do for an empty text', async () => {
      await using run = await world.open()
      await applyManifests(run.transport, '---\n# nothing\n---\n', { clock: run.clock, signal })
      assert.deepEqual(run.api.requests.all, [])
    })
  })
}

function configMap(name: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }
}
