import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admin, open, setUp, thing } from './support.ts'

test('what is forgotten is not listed any more, and no watcher or listener hears of it', () => {
  const { table } = setUp()
  for (const name of ['a', 'b']) table.apply(thing(name))
  const { resourceVersion } = table.list({ viewer: admin })
  const heard: string[] = []
  table.subscribe(({ type }) => heard.push(type))
  const { consumer } = open(table, { resourceVersion })
  table.forget('id-a')
  table.forget('id-c')
  assert.deepEqual(
    table.list({ viewer: admin }).items.map(({ name }) => name),
    ['b'],
  )
  assert.deepEqual(JSON.parse(table.listText({ viewer: admin }).toString()).items.length, 1)
  assert.equal(table.get('id-a'), undefined)
  table.apply(thing('c'))
  assert.deepEqual(consumer.told, ['ADDED c'])
  assert.deepEqual(heard, ['ADDED'])
  assert.deepEqual(open(table, { resourceVersion }).consumer.told, ['ADDED c'])
})
