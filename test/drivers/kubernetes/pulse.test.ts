import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createClusterAccess } from '../../../src/drivers/kubernetes/cluster-access.ts'
import { createPulse } from '../../../src/drivers/kubernetes/pulse.ts'
import { reflectorLimits } from '../../../src/drivers/kubernetes/reflector.ts'
import { requestWhere, status } from './support/api-server.ts'
import { createWorlds, type World } from './support/worlds.ts'

const isProbe = ({ path }: { path: string }) => path === '/livez'
const probes = ({ api }: World) => api.requests.all.filter(isProbe).length
const pulseOf = ({ transport, clock }: World) => createPulse({ transport, clock, timeoutMs: reflectorLimits.probeMs })
const never = new AbortController().signal

for (const kind of createWorlds()) {
  describe(`whether an API server answers, over ${kind.name}`, () => {
    it('is asked once for all watches on it', async () => {
      await using world = await kind.open()
      const { api, clock, transport } = world
      const credentials = { server: 'https://127.0.0.1:6443', ca: '' }
      const access = createClusterAccess({ transport, clock, credentials, random: () => 0.5 })
      const controller = new AbortController()
      const none = { synced() {}, changed() {}, gone() {}, down() {} }
      const ended = Promise.all([
        access.watchNodes(none, controller.signal),
        access.watchPods(none, controller.signal),
        access.watchServices(none, controller.signal),
        access.watchEndpointSlices(none, controller.signal),
      ])
      for (let watches = 0; watches < 4; watches += 1) await api.watches.next()
      for (let times = 1; times <= 3; times += 1) {
        await clock.sleeping(reflectorLimits.pulseMs)
        await clock.settle()
        await clock.advance(reflectorLimits.pulseMs)
        await requestWhere(api, isProbe)
        await clock.sleeping(reflectorLimits.pulseMs)
        assert.equal(probes(world), times)
      }
      controller.abort()
      await ended
      access.close()
    })

    it('is known by any answer of its own, a refusal too', async () => {
      await using world = await kind.open()
      world.api.intercept = () => status(403, 'Forbidden', 'not for you')
      const pulse = pulseOf(world)
      const asked = world.clock.now()
      await pulse.ask(never)
      assert.equal(pulse.answeredAt, asked)
    })

    it('is denied by a proxy that gets no answer from it, and by nobody listening', async () => {
      await using world = await kind.open()
      const pulse = pulseOf(world)
      world.api.intercept = () => status(502, 'BadGateway', 'no upstream')
      await assert.rejects(pulse.ask(never), /no upstream/)
      world.api.intercept = () => 'reset'
      await assert.rejects(pulse.ask(never), { name: 'TransportError' })
      assert.equal(pulse.answeredAt, Number.NEGATIVE_INFINITY)
    })

    it('is not asked any longer than somebody waits', async () => {
      await using world = await kind.open()
      const { api, clock } = world
      api.intercept = () => 'hang'
      const pulse = pulseOf(world)
      const [first, second] = [new AbortController(), new AbortController()]
      const [one, other] = [pulse.ask(first.signal), pulse.ask(second.signal)]
      await api.requests.next()
      first.abort(new Error('gone'))
      await assert.rejects(one, /gone/)
      await clock.settle()
      assert.equal(clock.sleepers > 0, true)
      second.abort(new Error('gone, too'))
      await assert.rejects(other, /gone, too/)
      await clock.settle()
      assert.equal(clock.sleepers, 0)
      assert.equal(probes(world), 1)

      api.intercept = undefined
      await pulse.ask(never)
      assert.equal(probes(world), 2)
    })
  })
}
