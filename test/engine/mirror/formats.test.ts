import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ndjson, sse } from '../../../src/engine/mirror/formats.ts'
import type { WatchFormat } from '../../../src/engine/mirror/mirror.ts'
import { createConsumer, open, setUp, thing } from './support.ts'

/** A bookmark, a change and an error, with `<n>` for the n-th version. */
function framesIn(format: WatchFormat): string[] {
  const { mirror, table, first } = setUp()
  const { consumer } = open(table, { format }, createConsumer())
  table.apply(thing('é\n', { id: '1' }))
  mirror.revise('root')
  return consumer.frames.map(frame =>
    frame
      .toString()
      .replaceAll(String(first + 1), '<1>')
      .replaceAll(String(first), '<0>'),
  )
}

const bookmark =
  '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"<0>","annotations":{"k8s.io/initial-events-end":"true"}}}}'
const added =
  '{"type":"ADDED","object":{"id":"1","name":"é\\n","owner":"ann","labels":{},"size":0,"metadata":{"resourceVersion":"<1>"}}}'
const error =
  '{"type":"ERROR","object":{"kind":"Status","status":"Failure","reason":"Expired","code":410,"message":"resync: what the viewer may see has changed; list again"}}'

test('ndjson: one line per event, its type and object', () => {
  assert.deepEqual(framesIn(ndjson), [`${bookmark}\n`, `${added}\n`, `${error}\n`])
})

test('sse: the version as id, the type as event; an ERROR empties the id', () => {
  assert.deepEqual(framesIn(sse), [
    `id: <0>\nevent: BOOKMARK\ndata: ${bookmark}\n\n`,
    `id: <1>\nevent: ADDED\ndata: ${added}\n\n`,
    `id: \nevent: ERROR\ndata: ${error}\n\n`,
  ])
})
