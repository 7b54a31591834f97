import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { reflectorLimits } from '../../../src/drivers/kubernetes/reflector.ts'
import { requestWhere, status } from './support/api-server.ts'
import { node, nodes, type Reflection, startReflection } from './support/reflection.ts'
import { createWorlds } from './support/worlds.ts'

const isProbe = ({ path }: { path: string }) => path === '/livez'

/** Lets the two questions that a dead API server is known by go unanswered. */
async function twoTimeouts(run: Reflection, meanwhile = () => {}): Promise<void> {
  for (let times = 0; times < 2; times += 1) {
    await requestWhere(run.api, isProbe)
    meanwhile()
    await run.clock.sleeping(reflectorLimits.probeMs)
    await run.clock.advance(reflectorLimits.probeMs)
  }
}

for (const world of createWorlds()) {
  describe(`silence on a reflector over ${world.name}`, () => {
    it('asks the API server again and again whether it lives, and stays when it does', async () => {
      await using run = await startReflection(world, { objects: [node('a')] })
      const watch = await run.watch()
      await run.told.next()
      for (let times = 0; times < 4; times += 1) {
        await run.clock.sleeping(reflectorLimits.pulseMs)
        await run.clock.advance(reflectorLimits.pulseMs)
        await requestWhere(run.api, isProbe)
      }
      await run.clock.sleeping(reflectorLimits.pulseMs)
      run.api.put(nodes, node('b'))

      assert.equal(await run.told.next(), 'changed b')
      assert.deepEqual(run.api.watches.all, [watch])
      assert.equal(run.lists().length, 1)
    })

    it('notices a black-holed API server within 60 s and recovers when it is back', async () => {
      await using run = await startReflection(world, { objects: [node('a')] })
      const watch = await run.watch()
      assert.equal(await run.told.next(), 'synced a')
      const began = run.clock.now()
      run.api.intercept = () => 'hang'
      await run.clock.sleeping(reflectorLimits.pulseMs)
      await run.clock.advance(reflectorLimits.pulseMs)
      await twoTimeouts(run)

      assert.match(await run.told.next(), /^down: the API server has not answered for 40 s/)
      assert.ok(run.clock.now() - began < 60_000)
      await watch.closed

      run.api.intercept = undefined
      run.api.silently(() => run.api.put(nodes, node('b')))
      await run.clock.sleeping(100)
      await run.clock.advance(100)
      assert.equal(await run.told.next(), 'synced a b')
    })

    it('notices within 60 s that nothing gets to the API server although its events still come', async () => {
      await using run = await startReflection(world, { objects: [node('a')] })
      const watch = await run.watch()
      assert.equal(await run.told.next(), 'synced a')
      const began = run.clock.now()
      run.api.intercept = () => 'hang'
      for (let step = 0; step < reflectorLimits.pulseMs / 5_000; step += 1) {
        watch.bookmark('500')
        run.api.put(nodes, node('a', `${step}`))
        assert.equal(await run.told.next(), `changed a=${step}`)
        await run.clock.advance(5_000)
      }
      await twoTimeouts(run, () => watch.bookmark('501'))

      assert.match(await run.told.next(), /^down: the API server has not answered for 40 s/)
      assert.ok(run.clock.now() - began < 60_000)
      await watch.closed
    })

    it('forgives one question that is lost', async () => {
      await using run = await startReflection(world, { objects: [node('a')] })
      const watch = await run.watch()
      await run.told.next()
      run.api.intercept = request => (isProbe(request) ? 'hang' : undefined)
      await run.clock.sleeping(reflectorLimits.pulseMs)
      await run.clock.advance(reflectorLimits.pulseMs)
      await requestWhere(run.api, isProbe)
      run.api.intercept = undefined
      await run.clock.advance(reflectorLimits.probeMs)
      await requestWhere(run.api, isProbe)
      await run.clock.sleeping(reflectorLimits.pulseMs)
      run.api.put(nodes, node('b'))

      assert.equal(await run.told.next(), 'changed b')
      assert.deepEqual(run.api.watches.all, [watch])
    })

    it('notices an API server that stops answering in the middle of a list', async () => {
      await using run = await startReflection(world, { before: ({ api }) => (api.intercept = () => 'hang') })
      await run.api.requests.next()
      await run.clock.advance(30_000)
      assert.match(await run.told.next(), /^down: /)
    })

    it('opens the watch anew when nothing comes on it although the API server lives', async () => {
      await using run = await startReflection(world, { objects: [node('a')] })
      const first = await run.watch()
      await run.told.next()
      for (let time = 0; time < reflectorLimits.silentMs; time += reflectorLimits.pulseMs) {
        await run.clock.sleeping(reflectorLimits.pulseMs)
        await run.clock.advance(reflectorLimits.pulseMs)
      }
      const second = await run.watch()

      await first.closed
      assert.equal(second.query.get('resourceVersion'), first.query.get('resourceVersion'))
      assert.deepEqual(run.told.pending(), [])
      assert.equal(run.lists().length, 1)
    })
  })

  describe(`lines that a reflector cannot read over ${world.name}`, () => {
    for (const [what, line] of [
      ['not JSON', '{"type":"MODIFIED","object":{"metadata":\n'],
      ['of no known type', '{"type":"SURPRISE","object":{"metadata":{"name":"x","uid":"x","resourceVersion":"1"}}}\n'],
      ['without an object', '{"type":"ADDED"}\n'],
      ['without end', 'x'.repeat(2_000)],
    ] as const) {
      it(`lists again after a line that is ${what}, and keeps what came before it`, async () => {
        await using run = await startReflection(world, { objects: [node('a')], limits: { maxLineBytes: 1_000 } })
        const first = await run.watch()
        run.api.put(nodes, node('b'))
        run.api.silently(() => run.api.put(nodes, node('c')))
        first.send(line)
        await run.clock.sleeping(100)
        await run.clock.advance(100)

        await run.watch()
        assert.deepEqual(run.told.all, ['synced a', 'changed b', 'changed c'])
        assert.equal(run.lists().length, 2)
      })
    }
  })

  describe(`backoff of a reflector over ${world.name}`, () => {
    it('says why it is refused and comes back with growing waits, which start anew after a healthy watch', async () => {
      await using run = await startReflection(world, {
        objects: [node('a')],
        before: ({ api }) => (api.intercept = () => status(403, 'Forbidden', 'nodes is forbidden')),
      })
      assert.equal(await run.told.next(), 'down: the API server answers 403: nodes is forbidden')
      for (const wait of [100, 200, 400, 800, 1_600, 3_200, 6_400]) {
        await run.clock.sleeping(wait)
        await run.clock.advance(wait)
      }
      await run.clock.sleeping(7_500) // half of the longest wait, as random gives 0.5
      assert.deepEqual(run.told.pending(), [])

      run.api.intercept = undefined
      await run.clock.advance(7_500)
      assert.equal(await run.told.next(), 'synced a')
      const watch = await run.watch()
      run.api.put(nodes, node('b'))
      assert.equal(await run.told.next(), 'changed b')
      await run.clock.advance(reflectorLimits.healthyMs)
      run.api.intercept = () => 'reset'
      watch.end()
      assert.match(await run.told.next(), /^down: /)
      await run.clock.sleeping(100)
    })

    it('keeps growing the waits while watches are accepted but do not last', async () => {
      await using run = await startReflection(world)
      for (const wait of [100, 200, 400]) {
        const watch = await run.watch()
        watch.end()
        await run.clock.sleeping(wait)
        await run.clock.advance(wait)
      }
      await run.watch()
      assert.deepEqual(run.told.all, ['synced'])
    })

    it('waits for as long as the API server asks', async () => {
      const busy = { status: 429, body: { kind: 'Status', message: 'slow down' }, headers: { 'retry-after': '7' } }
      await using run = await startReflection(world, { before: ({ api }) => (api.intercept = () => busy) })
      assert.equal(await run.told.next(), 'down: the API server answers 429: slow down')
      await run.clock.sleeping(7_000)
    })

    it('tells the new reason when an outage changes its kind', async () => {
      await using run = await startReflection(world, {
        before: ({ api }) => (api.intercept = () => status(401, 'Unauthorized', 'who are you')),
      })
      assert.equal(await run.told.next(), 'down: the API server answers 401: who are you')
      run.api.intercept = () => status(500, 'InternalError', 'out of order')
      await run.clock.sleeping(100)
      await run.clock.advance(100)
      assert.equal(await run.told.next(), 'down: the API server answers 500: out of order')
    })
  })
}
