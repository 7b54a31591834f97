import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { textAt } from '../../../src/drivers/kubernetes/objects.ts'
import { poll, waitForApiServer } from '../../../src/drivers/kubernetes/wait.ts'
import { type ApiAnswer, status } from './support/api-server.ts'
import { createWorlds } from './support/worlds.ts'

for (const world of createWorlds()) {
  describe(`waiting over ${world.name}`, () => {
    it('ends with the first 200 of an API server that comes up, looking every 50 ms', async () => {
      await using run = await world.open()
      const answers: ApiAnswer[] = ['reset', status(403, 'Forbidden', 'no'), status(500, 'InternalError', 'not yet')]
      run.api.intercept = () => answers.shift()
      const waiting = waitForApiServer(run.transport, { clock: run.clock, signal: new AbortController().signal })
      for (let looks = 0; looks < 3; looks += 1) {
        await run.clock.sleeping(50)
        await run.clock.advance(50)
      }
      await waiting
      assert.deepEqual(
        run.api.requests.all.map(({ path }) => path),
        ['/livez', '/livez', '/livez', '/livez'],
      )
    })

    it('does not wait for one that never answers, but asks again', async () => {
      await using run = await world.open()
      run.api.intercept = () => 'hang'
      const waiting = waitForApiServer(run.transport, { clock: run.clock, signal: new AbortController().signal })
      await run.api.requests.next()
      run.api.intercept = undefined
      await run.clock.advance(2_000)
      await run.clock.sleeping(50)
      await run.clock.advance(50)
      await waiting
    })

    it('gives what was looked for in an answer', async () => {
      await using run = await world.open()
      const { signal } = new AbortController()
      const path = '/api/v1/namespaces/kube-public/configmaps/cluster-info'
      const read = (answer: unknown) => textAt(answer, 'data', 'kubeconfig') || undefined
      const waiting = poll(run.transport, { path }, read, { clock: run.clock, signal })
      await run.clock.sleeping(100)
      run.api.put('/api/v1/configmaps', { metadata: { namespace: 'kube-public', name: 'cluster-info' } })
      await run.clock.advance(100)
      await run.clock.sleeping(100)
      run.api.put('/api/v1/configmaps', {
        metadata: { namespace: 'kube-public', name: 'cluster-info' },
        data: { kubeconfig: 'here' },
      })
      await run.clock.advance(100)
      assert.equal(await waiting, 'here')
    })

    it('ends on abort and says what was in the way', async () => {
      await using run = await world.open()
      run.api.intercept = () => status(500, 'InternalError', 'etcd is not there')
      const controller = new AbortController()
      const waiting = waitForApiServer(run.transport, { clock: run.clock, signal: controller.signal })
      await run.clock.sleeping(50)
      const reason = new Error('time is up')
      controller.abort(reason)
      await assert.rejects(waiting, { message: 'gave up waiting for /livez: etcd is not there', cause: reason })
      assert.equal(run.clock.sleepers, 0)
    })
  })
}
