import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { node, nodes, startReflection } from './support/reflection.ts'
import { createWorlds } from './support/worlds.ts'

for (const world of createWorlds()) {
  describe(`reflector over ${world.name}`, () => {
    it('lists in pages and watches from the version of the list, with bookmarks', async () => {
      const objects = ['a', 'b', 'c', 'd', 'e'].map(name => node(name))
      await using run = await startReflection(world, { objects, limits: { pageSize: 2 }, random: () => 0.25 })

      assert.equal(await run.told.next(), 'synced a b c d e')
      const { query } = await run.watch()
      assert.deepEqual(
        run.lists().map(list => [list.query.get('limit'), list.query.has('continue')]),
        [
          ['2', false],
          ['2', true],
          ['2', true],
        ],
      )
      assert.deepEqual(Object.fromEntries(query), {
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: '105',
        timeoutSeconds: '375',
      })
    })

    it('tells of each change once, in order', async () => {
      await using run = await startReflection(world, { objects: [node('a')] })
      await run.watch()
      run.api.put(nodes, node('b'))
      run.api.put(nodes, node('a', '2'))
      run.api.remove(nodes, 'b')
      run.api.put(nodes, node('b', 'new'))

      const told = [await run.told.next(), await run.told.next(), await run.told.next(), await run.told.next()]
      assert.deepEqual(told, ['synced a', 'changed b', 'changed a=2', 'gone b'])
      assert.equal(await run.told.next(), 'changed b=new')
    })

    it('goes on from the last event or bookmark when the watch ends, without a new list', async () => {
      await using run = await startReflection(world, { objects: [node('a')] })
      const first = await run.watch()
      first.bookmark('4711')
      first.end()
      await run.clock.sleeping(100)
      await run.clock.advance(100)

      const second = await run.watch()
      assert.equal(second.query.get('resourceVersion'), '4711')
      second.event('ADDED', { metadata: { name: 'b', uid: 'b', resourceVersion: '4712' } })
      second.end()
      await run.clock.sleeping(200)
      await run.clock.advance(200)
      assert.equal((await run.watch()).query.get('resourceVersion'), '4712')
      assert.deepEqual(run.told.all, ['synced a', 'changed b'])
      assert.equal(run.lists().length, 1)
    })

    it('watches again from the last version when the connection is cut', async () => {
      await using run = await startReflection(world, { objects: [node('a')] })
      const first = await run.watch()
      run.api.put(nodes, node('b'))
      assert.equal(await run.told.next(), 'synced a')
      assert.equal(await run.told.next(), 'changed b')
      first.cut()
      run.api.put(nodes, node('c'))
      await run.clock.sleeping(100)
      await run.clock.advance(100)

      assert.equal(await run.told.next(), 'changed c')
      assert.equal((await run.watch()).query.get('resourceVersion'), '102')
      assert.equal(run.lists().length, 1)
    })

    it('lists again on a 410 answer and tells the differences only', async () => {
      await using run = await startReflection(world, { objects: [node('a'), node('b'), node('c')] })
      const first = await run.watch()
      run.api.silently(() => {
        run.api.remove(nodes, 'a')
        run.api.put(nodes, node('b', '2'))
        run.api.put(nodes, node('d'))
      })
      run.api.compact()
      first.end()
      await run.clock.sleeping(100)
      await run.clock.advance(100)
      await run.clock.sleeping(200)
      await run.clock.advance(200)

      assert.equal((await run.watch()).query.get('resourceVersion'), '106')
      assert.deepEqual(run.told.all, ['synced a b c', 'gone a', 'changed b=2', 'changed d'])
    })

    it('lists again on a 410 event and tells the differences only', async () => {
      await using run = await startReflection(world, { objects: [node('a'), node('b')] })
      const first = await run.watch()
      run.api.silently(() => run.api.put(nodes, node('b', '2')))
      first.event('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' })
      await run.clock.sleeping(100)
      await run.clock.advance(100)

      await run.watch()
      assert.deepEqual(run.told.all, ['synced a b', 'changed b=2'])
      assert.equal(run.lists().length, 2)
    })

    it('tells nothing when a relist finds nothing new', async () => {
      await using run = await startReflection(world, { objects: [node('a'), node('b')] })
      const first = await run.watch()
      first.event('ERROR', { kind: 'Status', code: 410, message: 'too old resource version' })
      await run.clock.sleeping(100)
      await run.clock.advance(100)
      await run.watch()
      assert.deepEqual(run.told.all, ['synced a b'])
    })

    it('tells an object that was made anew under its name as gone and changed', async () => {
      await using run = await startReflection(world, { objects: [node('a')] })
      const first = await run.watch()
      run.api.silently(() => {
        run.api.remove(nodes, 'a')
        run.api.put(nodes, node('a', 'other'))
      })
      first.event('ERROR', { kind: 'Status', code: 410, message: 'too old resource version' })
      await run.clock.sleeping(100)
      await run.clock.advance(100)
      await run.watch()
      assert.deepEqual(run.told.all, ['synced a', 'gone a', 'changed a=other'])
    })

    it('lists in one piece when a page has expired', async () => {
      await using run = await startReflection(world, {
        objects: [node('a'), node('b'), node('c')],
        limits: { pageSize: 2 },
        before: ({ api }) => {
          api.intercept = request => {
            if (request.query.has('continue')) api.expirePages()
            return undefined
          }
        },
      })
      assert.equal(await run.told.next(), 'synced a b c')
      assert.deepEqual(
        run.lists().map(list => list.query.get('limit')),
        ['2', '2', null],
      )
    })

    it('puts lines together that arrive in pieces, inside a character too', async () => {
      await using run = await startReflection(world)
      const watch = await run.watch()
      const line = JSON.stringify({
        type: 'ADDED',
        object: { ...node('a', 'grün'), metadata: { name: 'a', uid: 'a', resourceVersion: '200' } },
      })
      watch.send(line.slice(0, 30))
      await run.clock.settle()
      watch.send(`${line.slice(30)}\n\n`)
      assert.equal(await run.told.next(), 'synced')
      assert.equal(await run.told.next(), 'changed a=grün')
    })
  })
}
