import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Runtime } from '../../../src/drivers/runtime.ts'
import { createSimulatedRuntime } from '../../../src/drivers/simulated/runtime.ts'
import { createFakeClock } from '../../support/clock.ts'

const pinned = 'kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5'
const { signal } = new AbortController()
const make = () => createSimulatedRuntime({ clock: createFakeClock(), pace: 0 })
const pull = (runtime: Runtime, reference: string) => runtime.images.pull(reference, () => undefined, signal)

test('the image that kind takes by default is there, by tag, by digest and by both', async () => {
  const { images } = make()
  const byTag = await images.find('kindest/node:v1.37.0')
  assert.ok(byTag)
  assert.deepEqual(await images.find(pinned), byTag)
  assert.deepEqual(await images.find(pinned.replace(':v1.37.0', '')), byTag)
  assert.equal(await images.find(pinned.replace(/.$/, '1')), undefined)
})

test('the same images are there each time', async () => {
  const images = await make().images.list()
  assert.ok(images.length > 1)
  assert.equal(new Set(images.map(image => image.id)).size, images.length)
  assert.deepEqual(await make().images.list(), images)
})

test('a pulled digest is the digest of the image', async () => {
  const runtime = make()
  const reference = `kindest/node:v1.30.0@sha256:${'5'.repeat(64)}`
  await pull(runtime, reference)
  assert.deepEqual((await runtime.images.find(reference))?.digests, [`kindest/node@sha256:${'5'.repeat(64)}`])
})

test('a tag moves to what was pulled under it last', async () => {
  const runtime = make()
  const other = `kindest/node:v1.37.0@sha256:${'5'.repeat(64)}`
  await pull(runtime, other)
  assert.deepEqual(await runtime.images.find('kindest/node:v1.37.0'), await runtime.images.find(other))
  assert.deepEqual((await runtime.images.find(pinned))?.tags, [])
})

test('no registry has a reference that holds the word missing, or one that is none', async () => {
  const runtime = make()
  for (const reference of ['kindest/node:missing', 'nobody/missing:v1', 'kindest/node:', 'UPPER', 'a b', ''])
    await assert.rejects(pull(runtime, reference), { code: 'ImageUnavailable' }, reference)
})

test('what is handed out can be changed without harm', async () => {
  const { images } = make()
  const [first] = await images.list()
  first?.tags.push('changed')
  assert.ok(!(await images.list())[0]?.tags.includes('changed'))
})
