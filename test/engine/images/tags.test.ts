import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../src/clock.ts'
import { createRegistryClient } from '../../../src/drivers/registry/client.ts'
import { parseAllowedOrigins } from '../../../src/drivers/registry/origins.ts'
import { type Registry, type RegistryCredentials, RegistryError } from '../../../src/drivers/registry.ts'
import { createTagCache } from '../../../src/engine/images/tags.ts'
import { startFakeRegistry } from '../../drivers/registry/fake-registry.ts'
import { createFakeClock } from '../../support/clock.ts'
import { silent } from '../../support/log.ts'

function cacheOf(answer: Registry['tags'], credentials: [string, RegistryCredentials][] = []) {
  const clock = createFakeClock()
  const stopping = new AbortController()
  const asked: string[] = []
  const tags = createTagCache({
    clock,
    log: silent,
    signal: stopping.signal,
    credentials: new Map(credentials),
    registry: {
      manifest: async () => undefined,
      tags(reference, options) {
        const { host, repository } = reference
        asked.push(`${host}/${repository} ${options?.credentials?.username ?? ''}`.trim())
        return answer(reference, options)
      },
    },
  })
  return { tags, clock, asked, stopping }
}

test('an answer serves for five minutes, also while it is awaited', async () => {
  const { tags, clock, asked } = cacheOf(async () => ['v1.34.4'])
  const both = await Promise.all([tags.of('kindest/node'), tags.of('kindest/node')])
  assert.deepEqual(both, [['v1.34.4'], ['v1.34.4']])
  await clock.advance(5 * 60_000 - 1)
  await tags.of('kindest/node')
  assert.deepEqual(asked, ['docker.io/kindest/node'])
  await clock.advance(1)
  await tags.of('kindest/node')
  assert.equal(asked.length, 2)
})

test('a repository that its registry does not have has no tags', async () => {
  assert.deepEqual(await cacheOf(async () => undefined).tags.of('kindest/none'), [])
})

test('a registry has five seconds, and half a minute’s rest after that', async () => {
  let ended: unknown
  const { tags, clock, asked } = cacheOf((_reference, options) => {
    options?.signal?.addEventListener('abort', () => {
      ended = options.signal?.reason
    })
    return new Promise(() => undefined)
  })
  const began = clock.now()
  assert.equal(await clock.run(tags.of('kindest/node')), undefined)
  assert.equal(clock.now() - began, 5000)
  assert.ok(ended instanceof RegistryError)
  await clock.advance(29_999)
  assert.equal(await tags.of('kindest/node'), undefined)
  assert.equal(asked.length, 1)
  await clock.advance(1)
  await clock.run(tags.of('kindest/node'))
  assert.equal(asked.length, 2)
  assert.equal(clock.sleepers, 0)
})

test('a registry that denies is one that does not answer', async () => {
  const { tags } = cacheOf(async () => Promise.reject(new RegistryError('Denied', 'no')))
  assert.equal(await tags.of('kindest/node'), undefined)
})

test('each registry is asked with its own credentials', async () => {
  const { tags, asked } = cacheOf(async () => [], [['registry.example.com:5000', { username: 'ann', password: '1' }]])
  await tags.of('registry.example.com:5000/node')
  await tags.of('registry.example.com/node')
  await tags.of('kindest/node')
  assert.deepEqual(asked, ['registry.example.com:5000/node ann', 'registry.example.com/node', 'docker.io/kindest/node'])
})

test('a registry that wants credentials gives its tags over HTTP to who has them', async () => {
  await using registry = await startFakeRegistry({ auth: 'basic' })
  await registry.push('team/node', 'v1.34.4', '{}')
  const of = (credentials: ReadonlyMap<string, RegistryCredentials>) =>
    createTagCache({
      clock: systemClock,
      log: silent,
      signal: new AbortController().signal,
      credentials,
      registry: createRegistryClient({
        clock: systemClock,
        allowed: parseAllowedOrigins(`http://${registry.host}`),
      }),
    }).of(`${registry.host}/team/node`)
  assert.ok(registry.credentials)
  assert.deepEqual(await of(new Map([[registry.host, registry.credentials]])), ['v1.34.4'])
  assert.equal(await of(new Map()), undefined)
})

test('nothing is awaited when the gateway stops', async () => {
  const { tags, clock, stopping } = cacheOf(() => new Promise(() => undefined))
  const answer = tags.of('kindest/node')
  stopping.abort(new Error('the gateway stops'))
  assert.equal(await answer, undefined)
  assert.equal(clock.sleepers, 0)
})
