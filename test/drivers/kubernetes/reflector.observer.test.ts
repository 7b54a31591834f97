import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { node, nodes, startReflection } from './support/reflection.ts'
import { createWorlds } from './support/worlds.ts'

for (const world of createWorlds()) {
  describe(`abort of a reflector over ${world.name}`, () => {
    it('ends a watch at once, closes it, and nothing more is told', async () => {
      await using run = await startReflection(world, { objects: [node('a')] })
      const watch = await run.watch()
      await run.told.next()
      run.abort(new Error('enough'))
      run.api.put(nodes, node('b'))
      await run.ended
      await watch.closed
      assert.deepEqual(run.told.pending(), [])
    })

    it('ends a list that is not answered', async () => {
      await using run = await startReflection(world, { before: ({ api }) => (api.intercept = () => 'hang') })
      await run.api.requests.next()
      run.abort()
      await run.ended
      assert.deepEqual(run.told.all, [])
    })

    it('ends a wait', async () => {
      await using run = await startReflection(world, { before: ({ api }) => (api.intercept = () => 'reset') })
      await run.clock.sleeping(100)
      run.abort()
      await run.ended
    })

    it('ends while the observer is still busy', async () => {
      const busy = Promise.withResolvers<void>()
      await using run = await startReflection(world, {
        objects: [node('a')],
        observer: {
          changed: () => {
            busy.resolve()
            return new Promise(() => {})
          },
        },
      })
      await run.watch()
      run.api.put(nodes, node('b'))
      await busy.promise
      run.abort()
      await run.ended
    })
  })

  describe(`observer of a reflector over ${world.name}`, () => {
    it('is told nothing more while it is busy', async () => {
      await using run = await startReflection(world, {
        observer: {
          changed: async item => {
            run.told.push(`begin ${item}`)
            for (let turns = 0; turns < 20; turns += 1) await run.clock.settle()
            run.told.push(`end ${item}`)
          },
        },
      })
      await run.watch()
      run.api.put(nodes, node('a'))
      run.api.put(nodes, node('b'))
      while (run.told.all.length < 5) await run.told.next()
      assert.deepEqual(run.told.all, ['synced', 'begin a', 'end a', 'begin b', 'end b'])
    })

    it('is told everything again after it threw', async () => {
      let faults = 1
      await using run = await startReflection(world, {
        objects: [node('a')],
        observer: {
          changed: item => {
            faults -= 1
            if (faults === 0) throw new Error(`cannot take ${item}`)
          },
        },
      })
      await run.watch()
      run.api.put(nodes, node('b'))
      assert.equal(await run.told.next(), 'synced a')
      assert.equal(await run.told.next(), 'down: cannot take b')
      await run.clock.sleeping(100)
      await run.clock.advance(100)
      assert.equal(await run.told.next(), 'synced a b')
    })
  })
}
