import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at } from '../../../src/drivers/kubernetes/objects.ts'
import { ann, bob, startOn, startRig } from '../../support/engine-on-simulated.ts'
import { cleared, deployment, hello, objectsIn, objectsOnce, prepare, refOf, release, until } from './support.ts'

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
