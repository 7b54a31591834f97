import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { reflectorLimits } from '../../../src/drivers/kubernetes/reflector.ts'
import type { ApiRequest } from './support/api-server.ts'
import { node, nodes, startReflection } from './support/reflection.ts'
import { createWorlds } from './support/worlds.ts'

const bounds = { objects: 3, bytes: 1024 * 1024 }
const isList = ({ path, query }: ApiRequest) => path === nodes && !query.has('watch')
const page = (items: unknown[]) => ({
  status: 200,
  body: { kind: 'List', metadata: { resourceVersion: '7', continue: 'more' }, items },
})
const numbered = (number: number) => ({ metadata: { name: `n${number}`, uid: `u${number}`, resourceVersion: '1' } })

for (const world of createWorlds()) {
  describe(`an API server that reports too much, over ${world.name}`, () => {
    it('is left after as many objects as are kept, with a reason that names the setting', async () => {
      let pages = 0
      await using run = await startReflection(world, {
        bounds,
        before: ({ api }) => {
          api.intercept = request => {
            if (!isList(request)) return undefined
            pages += 1
            return page([numbered(pages)])
          }
        },
      })
      assert.equal(
        await run.told.next(),
        'down: the API server has more in /api/v1/nodes than 3 objects (setting CLUSTER_OBJECTS)',
      )
      await run.clock.sleeping(reflectorLimits.tooLargeMs)
      assert.equal(pages, 4)
    })

    it('is left after as many pages without anything', async () => {
      await using run = await startReflection(world, {
        bounds,
        before: ({ api }) => {
          api.intercept = request => (isList(request) ? page([]) : undefined)
        },
      })
      assert.match(await run.told.next(), /^down: .*CLUSTER_OBJECTS/)
      assert.equal(run.lists().length, 4)
    })

    it('is left after as many bytes as are kept', async () => {
      const long = (name: string) => node(name, 'x'.repeat(400_000))
      await using run = await startReflection(world, { bounds, objects: [long('a'), long('b'), long('c')] })
      assert.equal(
        await run.told.next(),
        'down: the API server has more in /api/v1/nodes than 1048576 bytes (setting CLUSTER_BYTES)',
      )
    })

    it('is left in the middle of an answer that is longer than any may be', async () => {
      const answer = page([{ ...numbered(1), text: 'x'.repeat(2 * bounds.bytes) }])
      await using run = await startReflection(world, {
        bounds,
        before: ({ api }) => {
          api.intercept = request => (isList(request) ? answer : undefined)
        },
      })
      assert.match(await run.told.next(), /^down: the API server.* more .*bytes/)
    })

    it('keeps what was told when a watch brings more, and is followed again when there is less', async () => {
      await using run = await startReflection(world, { bounds, objects: [node('a'), node('b'), node('c')] })
      await run.watch()
      assert.equal(await run.told.next(), 'synced a b c')
      run.api.put(nodes, node('d'))
      await run.clock.sleeping(100)
      await run.clock.advance(100)
      assert.match(await run.told.next(), /^down: .*more in \/api\/v1\/nodes than 3 objects/)
      assert.deepEqual(run.told.pending(), [])

      run.api.remove(nodes, 'a')
      await run.clock.sleeping(reflectorLimits.tooLargeMs)
      await run.clock.advance(reflectorLimits.tooLargeMs)
      assert.equal(await run.told.next(), 'synced b c d')
    })

    it('makes room for another when one goes', async () => {
      await using run = await startReflection(world, { bounds, objects: [node('a'), node('b'), node('c')] })
      await run.watch()
      await run.told.next()
      for (const name of ['a', 'b', 'c']) run.api.remove(nodes, name)
      for (const name of ['d', 'e', 'f']) run.api.put(nodes, node(name, 'x'.repeat(200_000)))
      while (run.told.all.length < 7) await run.told.next()
      assert.equal(
        run.told.all.some(line => line.startsWith('down')),
        false,
      )
    })
  })
}
