import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/drivers/kubernetes/objects.ts'
import { at, textAt } from '../../../src/drivers/kubernetes/objects.ts'
import type { Ref } from '../../../src/engine/refs/schema.ts'
import { ann, bob, type Rig, root, startOn, startRig, worldOf } from '../../support/engine-on-simulated.ts'

const hello = (hash: string, routes: { type: string; match?: string; schedule?: string }[] = []) => ({
  gitRepo: 'https://x.example/demo.git',
  gitHash: hash,
  gitRef: 'branch/main',
  apps: {
    a: {
      gitHash: hash,
      components: {
        hello: { type: 'kubefox', gitHash: hash, image: `x.example/hello:${hash}`, routes },
        world: { type: 'kubefox', gitHash: 'fffffff', image: 'x.example/world:fffffff' },
      },
    },
  },
})

/** A platform on a cluster of ann's, with a config, an environment and a system whose branch is deployed. */
async function prepare(rig: Rig): Promise<void> {
  const { refs, platforms } = rig.engine
  await rig.create({ name: 'alex', nodes: 1 })
  await platforms.put(ann, 'kubefox', { cluster: 'alex', systems: { demo: { imagePullSecret: 'dG9rZW4=' } } })
  await refs.create(ann, 'config', 'dev', { secrets: { password: 'sshhhh' } })
  await refs.create(ann, 'environment', 'base', { config: 'dev', vars: { who: 'nobody', n: 1 } })
  await refs.create(ann, 'environment', 'dev', { inherits: 'base', vars: { who: 'John' } })
  const routes = [
    { type: 'http', match: 'Path(`/hello`)' },
    { type: 'cron', schedule: '*/5 * * * *' },
  ]
  await refs.create(ann, 'system', 'demo', hello('aaaaaaa', routes))
  await refs.moveBranch({ principal: ann, name: 'demo', branch: 'main', id: 'aaaaaaa' })
  await platforms.deploy(ann, 'kubefox', { system: 'demo/branch/main' })
}

function refOf(rig: Rig, name: string): Readonly<Ref> | undefined {
  return rig.engine.tables.refs.byName(name, root)
}

/** Resolves once the ref is as wanted. */
function until(rig: Rig, name: string, holds: (ref: Readonly<Ref> | undefined) => boolean): Promise<void> {
  const { refs } = rig.engine.tables
  return new Promise(resolve => {
    const look = () => {
      if (!holds(refOf(rig, name))) return
      end()
      resolve()
    }
    const end = refs.subscribe(look)
    look()
  })
}

const kinds = [
  ['v1', 'Namespace'],
  ['apps/v1', 'Deployment'],
  ['v1', 'Service'],
  ['v1', 'ConfigMap'],
  ['v1', 'Secret'],
  ['networking.k8s.io/v1', 'Ingress'],
  ['batch/v1', 'CronJob'],
] as const

/** What the gateway has made in a cluster, `kind namespace/name`. */
async function objectsIn(rig: Rig): Promise<Map<string, JsonObject>> {
  const control = rig.controlPlane('alex')
  const observed = (await worldOf(rig.runtime)).nodes.find(each => each.name === control.name)
  assert.ok(observed)
  const access = await rig.runtime.bootstrap.access(observed)
  const found = new Map<string, JsonObject>()
  for (const [apiVersion, kind] of kinds) {
    const labelSelector = 'app.kubernetes.io/managed-by=kindgate'
    for (const object of await access.list({ apiVersion, kind, labelSelector }, new AbortController().signal))
      found.set(
        `${kind} ${[textAt(object, 'metadata', 'namespace'), textAt(object, 'metadata', 'name')].filter(Boolean).join('/')}`,
        object,
      )
  }
  access.close()
  return found
}

const release = 'platform/kubefox/release/demo/dev'
const deployment = 'platform/kubefox/deployment/demo/branch/main'

test('a deployment becomes ready, a release runs in its environment, and both go without a trace', async t => {
  const rig = await startRig(t)
  const { platforms, refs } = rig.engine
  await prepare(rig)
  await until(rig, deployment, ref => ref?.ready === true)
  assert.deepEqual([...(await objectsIn(rig)).keys()].sort(), [
    'Deployment kfs-kubefox-demo/hello-aaaaaaa',
    'Deployment kfs-kubefox-demo/world-fffffff',
    'Namespace kfs-kubefox-demo',
    'Secret kfs-kubefox-demo/image-pull',
  ])
  await platforms.release(ann, 'kubefox', { system: 'demo/branch/main', environment: 'dev' })
  await until(rig, release, ref => ref?.ready === true)
  const objects = await objectsIn(rig)
  assert.deepEqual([...objects.keys()].filter(key => key.includes('kfr-')).sort(), [
    'ConfigMap kfr-demo-dev/environment',
    'CronJob kfr-demo-dev/hello-aaaaaaa-0',
    'Deployment kfr-demo-dev/hello-aaaaaaa',
    'Deployment kfr-demo-dev/world-fffffff',
    'Ingress kfr-demo-dev/hello',
    'Namespace kfr-demo-dev',
    'Secret kfr-demo-dev/image-pull',
    'Secret kfr-demo-dev/secrets',
    'Service kfr-demo-dev/hello',
    'Service kfr-demo-dev/world',
  ])
  assert.deepEqual(at(objects.get('ConfigMap kfr-demo-dev/environment'), 'data'), { who: 'John', n: '1' })
  assert.deepEqual(at(objects.get('Secret kfr-demo-dev/secrets'), 'data'), {
    password: Buffer.from('sshhhh').toString('base64'),
  })

  await platforms.removeRelease(ann, { platform: 'kubefox', system: 'demo', environment: 'dev' })
  await platforms.removeDeployment(ann, 'kubefox', { name: 'demo', type: 'branch', ref: 'main' })
  await refs.removeRef({ principal: ann, kind: 'system', name: 'demo', type: 'branch', ref: 'main' })
  await platforms.remove(ann, 'kubefox')
  await cleared(rig)
  assert.deepEqual([...(await objectsIn(rig)).keys()], [])
})

test('a release of a branch follows it; the old commit goes when the new one is ready', async t => {
  const rig = await startRig(t)
  const { platforms, refs } = rig.engine
  await prepare(rig)
  await platforms.release(ann, 'kubefox', { system: 'demo/branch/main', environment: 'dev' })
  await until(rig, release, ref => ref?.ready === true)
  await refs.create(ann, 'system', 'demo', hello('bbbbbbb'))
  assert.equal(refOf(rig, release)?.systemId, 'aaaaaaa')
  await refs.moveBranch({ principal: ann, name: 'demo', branch: 'main', id: 'bbbbbbb' })
  await until(rig, release, ref => ref?.systemId === 'bbbbbbb' && ref.ready === true)
  assert.deepEqual(Object.keys(refOf(rig, release)?.components ?? {}), ['hello-bbbbbbb', 'world-fffffff'])
  await objectsOnce(rig, objects => !objects.has('Deployment kfr-demo-dev/hello-aaaaaaa'))
  const objects = await objectsIn(rig)
  assert.ok(objects.has('Deployment kfr-demo-dev/hello-bbbbbbb'))
  assert.ok(!objects.has('Ingress kfr-demo-dev/hello'))
  assert.ok(objects.has('Deployment kfs-kubefox-demo/hello-aaaaaaa'), 'a deployment stays until it is deployed again')
})

test('a release follows the head of its environment and of what that inherits; one of a tag stays', async t => {
  const rig = await startRig(t)
  const { platforms, refs } = rig.engine
  await prepare(rig)
  await refs.tag({ principal: ann, kind: 'system', name: 'demo', tag: 'v1', id: 'aaaaaaa' })
  await platforms.deploy(ann, 'kubefox', { system: 'demo/tag/v1' })
  await platforms.release(ann, 'kubefox', { system: 'demo/tag/v1', environment: 'dev' })
  await until(rig, release, ref => ref?.ready === true)
  await refs.create(ann, 'environment', 'base', { vars: { n: 2 } })
  await objectsOnce(rig, objects => at(objects.get('ConfigMap kfr-demo-dev/environment'), 'data', 'n') === '2')
  await refs.create(ann, 'system', 'demo', hello('bbbbbbb'))
  await refs.moveBranch({ principal: ann, name: 'demo', branch: 'main', id: 'bbbbbbb' })
  await until(rig, release, ref => ref?.ready === true)
  assert.equal(refOf(rig, release)?.systemId, 'aaaaaaa')
})

test('a branch that moves to what Kubernetes cannot express leaves the release as it was, and says so', async t => {
  const rig = await startRig(t)
  const { platforms, refs } = rig.engine
  await prepare(rig)
  await platforms.release(ann, 'kubefox', { system: 'demo/branch/main', environment: 'dev' })
  await until(rig, release, ref => ref?.ready === true)
  await refs.create(ann, 'system', 'demo', hello('bbbbbbb', [{ type: 'http', match: 'Method(`GET`)' }]))
  await refs.moveBranch({ principal: ann, name: 'demo', branch: 'main', id: 'bbbbbbb' })
  await until(rig, release, ref => ref !== undefined && ref.message !== '')
  assert.match(refOf(rig, release)?.message ?? '', /cannot follow.*Method cannot be expressed/)
  assert.equal(refOf(rig, release)?.systemId, 'aaaaaaa')
  await platforms.deploy(ann, 'kubefox', { system: 'demo/branch/main' })
  await assert.rejects(platforms.release(ann, 'kubefox', { system: 'demo/branch/main', environment: 'dev' }), {
    code: 'InvalidRequest',
    message: 'system/demo/branch/main is invalid',
  })
})

test('what was deleted while the gateway was away goes when it is back', async t => {
  const rig = await startRig(t)
  await prepare(rig)
  await rig.engine.platforms.release(ann, 'kubefox', { system: 'demo/branch/main', environment: 'dev' })
  await until(rig, release, ref => ref?.ready === true)
  await rig.engine.close()
  await rig.store.sql`delete from kubefox_releases`
  await rig.store.sql`delete from kubefox_deployments`
  const clock = { now: () => Date.now(), sleep: () => new Promise<void>(resolve => setImmediate(resolve)) }
  const again = await startOn(t, { store: rig.store, runtime: rig.runtime, clock })
  await again.until(() => again.engine.tables.clusters.byName('alex')?.state === 'ready')
  await cleared(again)
  assert.deepEqual([...(await objectsIn(again)).keys()], [])
})

test("somebody else's cluster cannot be named, and units of one name do not share a namespace", async t => {
  const rig = await startRig(t)
  const { platforms, refs } = rig.engine
  await prepare(rig)
  await assert.rejects(platforms.put(bob, 'other', { cluster: 'alex' }), { code: 'InvalidRequest' })
  await platforms.put(ann, 'other', { cluster: 'alex', systems: { demo: {} } })
  await platforms.deploy(ann, 'other', { system: 'demo/branch/main' })
  await platforms.release(ann, 'kubefox', { system: 'demo/branch/main', environment: 'dev' })
  await until(rig, release, ref => ref?.ready === true)
  await platforms.release(ann, 'other', { system: 'demo/branch/main', environment: 'dev' })
  await until(rig, 'platform/other/release/demo/dev', ref => ref?.message !== '')
  assert.match(refOf(rig, 'platform/other/release/demo/dev')?.message ?? '', /is that of kubefox\/demo\/dev/)
  assert.equal(refOf(rig, release)?.ready, true)
  await refs.names(ann, 'config')
})

/** Resolves when no namespace is left to be cleared. */
async function cleared({ store }: Rig): Promise<void> {
  for (;;) {
    const rows = await store.sql`select name from kubefox_namespaces`
    if (rows.length === 0) return
  }
}

async function objectsOnce(rig: Rig, holds: (objects: Map<string, JsonObject>) => boolean): Promise<void> {
  while (!holds(await objectsIn(rig))) await new Promise(resolve => setImmediate(resolve))
}
