import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../../../src/clock.ts'
import { at, objectAt } from '../../../src/drivers/kubernetes/objects.ts'
import { createEagerClock } from '../../support/eager-clock.ts'
import { ann, type Rig, startRig } from '../../support/engine-on-simulated.ts'
import { deployment, inCluster, objectsIn, objectsOnce, prepare, release, until } from './support.ts'

const never = new AbortController().signal
const namespace = 'kfr-demo-dev'
/** The period in which everything is applied anew, in milliseconds. */
const [soonest, latest] = [300_000, 360_000]

/** A clock whose long sleeps of the resync end when a test says so. */
function createResyncClock(): Clock & { slept: number[]; resync(): void } {
  const eager = createEagerClock()
  const waiting: (() => void)[] = []
  const slept: number[] = []
  return {
    ...eager,
    slept,
    sleep(ms, signal) {
      if (ms < soonest || ms > latest) return eager.sleep(ms, signal)
      slept.push(ms)
      const woken = Promise.withResolvers<void>()
      waiting.push(woken.resolve)
      signal?.addEventListener('abort', () => woken.reject(signal.reason), { once: true })
      return woken.promise
    },
    resync: () => waiting.splice(0).forEach(wake => void wake()),
  }
}

async function released(t: Parameters<typeof startRig>[0], image?: string) {
  const clock = createResyncClock()
  const rig = await startRig(t, { clock, random: () => 0.5 })
  await prepare(rig, image)
  await rig.engine.platforms.release(ann, 'kubefox', { system: 'demo/branch/main', environment: 'dev' })
  await until(rig, release, ref => ref?.ready === true)
  await until(rig, deployment, ref => ref?.ready === true)
  return { rig, clock }
}

const remove = (rig: Rig, apiVersion: string, kind: string, name: string) =>
  inCluster(rig, access => access.remove({ apiVersion, kind, namespace, name }, never))

for (const [apiVersion, kind, name] of [
  ['v1', 'ConfigMap', 'environment'],
  ['v1', 'Secret', 'secrets'],
  ['v1', 'Secret', 'image-pull'],
  ['networking.k8s.io/v1', 'Ingress', 'hello'],
  ['batch/v1', 'CronJob', 'hello-aaaaaaa-0'],
] as const)
  test(`a ${kind} (${name}) that was deleted by hand is there again after the next look`, async t => {
    const { rig, clock } = await released(t)
    const before = (await objectsIn(rig)).get(`${kind} ${namespace}/${name}`)
    await remove(rig, apiVersion, kind, name)
    assert.ok(!(await objectsIn(rig)).has(`${kind} ${namespace}/${name}`))
    clock.resync()
    await objectsOnce(rig, objects => objects.has(`${kind} ${namespace}/${name}`))
    const after = (await objectsIn(rig)).get(`${kind} ${namespace}/${name}`)
    assert.deepEqual([at(after, 'data'), at(after, 'spec')], [at(before, 'data'), at(before, 'spec')])
  })

test('what was changed by hand is as it was after the next look, and every look is followed by another', async t => {
  const { rig, clock } = await released(t)
  for (const value of ['Eve', 'Mallory']) {
    await inCluster(rig, async access => {
      const metadata = { name: 'environment', namespace }
      await access.apply(
        [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, labels: {} }, data: { who: value } }],
        never,
      )
    })
    assert.equal(at((await objectsIn(rig)).get(`ConfigMap ${namespace}/environment`), 'data', 'who'), value)
    clock.resync()
    await objectsOnce(rig, objects => at(objects.get(`ConfigMap ${namespace}/environment`), 'data', 'who') === 'John')
  }
  assert.deepEqual(new Set(clock.slept), new Set([330_000]), 'half of the jitter')
})

test('a Deployment that was deleted by hand comes back at once, as its pods go', async t => {
  const { rig } = await released(t)
  await remove(rig, 'apps/v1', 'Deployment', 'hello-aaaaaaa')
  await until(rig, release, ref => ref?.ready === false)
  await until(rig, release, ref => ref?.ready === true)
  assert.ok((await objectsIn(rig)).has(`Deployment ${namespace}/hello-aaaaaaa`))
})

test('a Deployment that was scaled down by hand is scaled up again at once', async t => {
  const { rig } = await released(t)
  const found = (await objectsIn(rig)).get(`Deployment ${namespace}/world-fffffff`)
  await inCluster(rig, access =>
    access.apply(
      [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'world-fffffff', namespace, labels: {} },
          spec: { ...objectAt(found, 'spec'), replicas: 0 },
        },
      ],
      never,
    ),
  )
  await until(rig, release, ref => ref?.ready === true)
  await objectsOnce(rig, objects => at(objects.get(`Deployment ${namespace}/world-fffffff`), 'spec', 'replicas') === 1)
})

test('a Service that was deleted or led elsewhere by hand is as it was at once', async t => {
  const { rig } = await released(t)
  const key = `Service ${namespace}/hello`
  const selector = at((await objectsIn(rig)).get(key), 'spec', 'selector')
  await remove(rig, 'v1', 'Service', 'hello')
  await objectsOnce(rig, objects => objects.has(key))
  const found = (await objectsIn(rig)).get(key)
  await inCluster(rig, access =>
    access.apply(
      [
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'hello', namespace, labels: {} },
          spec: { ...objectAt(found, 'spec'), selector: { app: 'elsewhere' } },
        },
      ],
      never,
    ),
  )
  await objectsOnce(
    rig,
    objects => JSON.stringify(at(objects.get(key), 'spec', 'selector')) === JSON.stringify(selector),
  )
})

test('a namespace that was deleted by hand is filled again', async t => {
  const { rig } = await released(t)
  const before = [...(await objectsIn(rig)).keys()].sort()
  await inCluster(rig, access => access.remove({ apiVersion: 'v1', kind: 'Namespace', name: namespace }, never))
  await objectsOnce(rig, objects => JSON.stringify([...objects.keys()].sort()) === JSON.stringify(before))
  await until(rig, release, ref => ref?.ready === true)
})
