import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KubernetesEndpoints } from '../../../src/drivers/kubernetes/access.ts'
import { reflectEndpoints } from '../../../src/drivers/kubernetes/endpoints.ts'
import { status } from './support/api-server.ts'
import { createRecorder } from './support/recorder.ts'
import { createWorlds, type World } from './support/worlds.ts'

const slices = '/apis/discovery.k8s.io/v1/endpointslices'
const endpoints = '/api/v1/endpoints'
const metadata = { name: 'web', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } }

function follow({ transport, clock }: World) {
  const told = createRecorder<string>()
  const controller = new AbortController()
  const say = (all: KubernetesEndpoints[]) =>
    all.map(each => `${each.service} ${each.endpoints.map(({ address }) => address).join()}`).join('; ')
  const ended = reflectEndpoints({
    transport,
    clock,
    random: () => 0.5,
    signal: controller.signal,
    observer: {
      synced: all => told.push(`synced ${say(all)}`),
      changed: one => told.push(`changed ${say([one])}`),
      gone: key => told.push(`gone ${key}`),
      down: reason => told.push(`down: ${reason}`),
    },
  })
  return {
    told,
    async [Symbol.asyncDispose]() {
      controller.abort()
      await ended
    },
  }
}

for (const kind of createWorlds()) {
  describe(`endpoints over ${kind.name}`, () => {
    for (const [minor, from] of [
      ['20+', endpoints],
      ['20', endpoints],
      ['21', slices],
      ['34', slices],
    ] as const)
      it(`come from ${from} with Kubernetes 1.${minor}`, async () => {
        await using world = await kind.open()
        const { api } = world
        api.version = { major: '1', minor }
        api.put(endpoints, { metadata, subsets: [{ addresses: [{ ip: '10.0.0.1' }] }] })
        api.put(slices, { metadata, endpoints: [{ addresses: ['10.0.0.1'] }] })
        await using following = follow(world)
        assert.equal(await following.told.next(), 'synced web 10.0.0.1')
        assert.equal((await api.watches.next()).collection, from)
        api.put(endpoints, { metadata, subsets: [{ addresses: [{ ip: '10.0.0.2' }] }] })
        api.put(slices, { metadata, endpoints: [{ addresses: ['10.0.0.2'] }] })
        assert.equal(await following.told.next(), 'changed web 10.0.0.2')
        api.remove(from, 'shop/web')
        assert.equal(await following.told.next(), 'gone shop/web')
      })

    it('say why the version is not known, and ask again after a wait', async () => {
      await using world = await kind.open()
      const { api, clock } = world
      api.intercept = ({ path }) => (path === '/version' ? status(403, 'Forbidden', 'not for you') : undefined)
      await using following = follow(world)
      assert.equal(await following.told.next(), 'down: the API server answers 403: not for you')
      await clock.sleeping(100)
      api.intercept = undefined
      await clock.advance(100)
      assert.equal(await following.told.next(), 'synced ')
    })
  })
}
