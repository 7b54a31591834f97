import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store } from '../../../src/store/postgres.ts'
import { ann, bob, refused, startRig } from '../../support/engine-on-simulated.ts'

/** The store, and how often it was asked for an instance by a tag. */
function counting() {
  const asked = { count: 0 }
  const store = (real: Store): Store => ({
    ...real,
    sql: new Proxy(real.sql, {
      apply(sql, self, of: unknown[]) {
        if (String(of[0]).includes('from kubefox_refs f')) asked.count += 1
        return Reflect.apply(sql, self, of)
      },
    }),
  })
  return { asked, store }
}

const v1 = { name: 'demo', type: 'tag', ref: 'v1' } as const

test('reads of a ref that come at once are one query; who may not see it gets none of it', async t => {
  const { asked, store } = counting()
  const { engine } = await startRig(t, { through: { store } })
  const { id } = await engine.refs.create(ann, 'config', 'demo', { components: {} })
  await engine.refs.tag({ principal: ann, kind: 'config', name: 'demo', tag: 'v1', id })
  asked.count = 0
  const reads = Array.from({ length: 5 }, () => engine.refs.get(ann, 'config', v1))
  const hidden = assert.rejects(engine.refs.get(bob, 'config', v1), refused('NotFound'))
  const texts = await Promise.all(reads)
  await hidden
  assert.deepEqual(new Set(texts.map(text => JSON.parse(text).id)), new Set([id]))
  assert.equal(asked.count, 2, 'one for ann, one for bob')
  await engine.refs.get(ann, 'config', v1)
  assert.equal(asked.count, 3, 'an answer is never used again')
})

test('a read sees every write that was answered before it, whoever else reads meanwhile', async t => {
  const { engine } = await startRig(t)
  for (let round = 0; round < 50; round++) {
    const early = engine.refs.get(ann, 'config', { name: 'demo', type: 'head', ref: '' }).catch(() => '{}')
    const { id } = await engine.refs.create(ann, 'config', 'demo', { components: {} })
    const late = engine.refs.get(ann, 'config', { name: 'demo', type: 'head', ref: '' })
    assert.equal(JSON.parse(await late).id, id)
    await early
  }
})
