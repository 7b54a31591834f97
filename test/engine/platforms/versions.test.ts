import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at } from '../../../src/drivers/kubernetes/objects.ts'
import { cronApiVersion, prunedKinds } from '../../../src/engine/platforms/objects.ts'
import { ann, startRig } from '../../support/engine-on-simulated.ts'
import { hello, inCluster, objectsIn, prepare, refOf, release, until } from './support.ts'

for (const [version, expected] of [
  ['v1.19.16', 'batch/v1beta1'],
  ['v1.20.15', 'batch/v1beta1'],
  ['v1.21.0', 'batch/v1'],
  ['v1.34.4', 'batch/v1'],
  ['v1.100.0', 'batch/v1'],
  ['v2.0.0', 'batch/v1'],
  [null, 'batch/v1'],
] as const)
  test(`CronJobs of Kubernetes ${version} are ${expected}, made and pruned`, () => {
    assert.equal(cronApiVersion(version), expected)
    assert.deepEqual(
      prunedKinds(version)
        .filter(each => each.kind === 'CronJob')
        .map(each => each.apiVersion),
      [expected],
    )
  })

test('a release on Kubernetes 1.20 has CronJobs of batch/v1beta1 and Ingresses of v1, and they go with its routes', async t => {
  const rig = await startRig(t)
  const { platforms, refs } = rig.engine
  await prepare(rig, 'kindest/node:v1.20.2')
  assert.equal(rig.cluster('alex').kubernetesVersion, 'v1.20.2')
  await platforms.release(ann, 'kubefox', { system: 'demo/branch/main', environment: 'dev' })
  await until(rig, release, ref => ref?.ready === true)
  const objects = await objectsIn(rig)
  const job = objects.get('CronJob kfr-demo-dev/hello-aaaaaaa-0')
  assert.equal(job?.apiVersion, 'batch/v1beta1')
  assert.equal(at(job, 'spec', 'schedule'), '*/5 * * * *')
  assert.equal(at(job, 'spec', 'jobTemplate', 'spec', 'template', 'spec', 'restartPolicy'), 'Never')
  assert.equal(objects.get('Ingress kfr-demo-dev/hello')?.apiVersion, 'networking.k8s.io/v1')

  await refs.create(ann, 'system', 'demo', hello('bbbbbbb'))
  await refs.moveBranch({ principal: ann, name: 'demo', branch: 'main', id: 'bbbbbbb' })
  await until(rig, release, ref => ref?.systemId === 'bbbbbbb' && ref.ready === true)
  const left = await inCluster(rig, access =>
    access.list(
      { apiVersion: 'batch/v1beta1', kind: 'CronJob', namespace: 'kfr-demo-dev' },
      new AbortController().signal,
    ),
  )
  assert.deepEqual(left, [])
  assert.equal(refOf(rig, release)?.message, '')
})
