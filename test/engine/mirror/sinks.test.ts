import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { ndjson } from '../../../src/engine/mirror/formats.ts'
import { framesOf, pipeToStream } from '../../../src/engine/mirror/sinks.ts'
import { admin, parseEvent, setUp, thing } from './support.ts'

function setUpWatch() {
  const { clock, mirror, table } = setUp({ maxBacklogBytes: 2000 })
  const abort = new AbortController()
  const watch = table.watch({ viewer: admin, format: ndjson, signal: abort.signal })
  return { clock, mirror, table, abort, watch }
}

const names = (lines: string) =>
  lines
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line).object.name)

test('a watch flows into a stream as fast as it drains', async () => {
  const { clock, table, abort, watch } = setUpWatch()
  const written: Buffer[] = []
  let unfinished: (() => void) | undefined
  const stream = new Writable({
    highWaterMark: 1,
    write: (chunk, _encoding, done) => {
      written.push(chunk)
      unfinished = done
    },
  })
  pipeToStream(watch, stream, { clock })
  table.apply(thing('a'))
  table.apply(thing('b'))
  assert.equal(written.length, 1)
  assert.equal(stream.writableLength, written[0]?.length, 'nothing is buffered in the stream')
  for (const expected of [2, 3]) {
    unfinished?.()
    await clock.settle()
    assert.equal(written.length, expected)
  }
  unfinished?.()
  abort.abort()
  await once(stream, 'finish')
  assert.deepEqual(names(Buffer.concat(written).toString()), [undefined, 'a', 'b'])
})

test('the end of a stream ends the watch, and its failure too', async () => {
  for (const error of [undefined, new Error('reset')]) {
    const { clock, mirror, table, watch } = setUpWatch()
    const stream = new PassThrough()
    pipeToStream(watch, stream, { clock })
    assert.equal(mirror.counts()[0]?.watchers, 1)
    stream.destroy(error)
    await clock.settle()
    assert.equal(mirror.counts()[0]?.watchers, 0)
    table.apply(thing('a'))
    assert.equal(clock.sleepers, 0)
  }
})

test('a stream that is closed already leaves no watch open', () => {
  const { clock, mirror, watch } = setUpWatch()
  pipeToStream(watch, new PassThrough().destroy(), { clock })
  assert.equal(mirror.counts()[0]?.watchers, 0)
})

test('a stuck reader is dropped at the cap, and its stream destroyed when it takes nothing more', async () => {
  const { clock, mirror, table, watch } = setUpWatch()
  const stream = new PassThrough({ highWaterMark: 1 })
  pipeToStream(watch, stream, { clock, lingerMs: 5000 })
  for (let n = 0; n < 30; n += 1) table.apply(thing('a', { size: n }))
  assert.deepEqual(mirror.counts()[0], { kind: 'things', objects: 1, watchers: 0, dropped: 1 })
  await clock.advance(4999)
  assert.equal(stream.destroyed, false)
  await clock.advance(1)
  assert.equal(stream.destroyed, true)
})

test('a slow reader that comes back in time reads the ERROR last', async () => {
  const { clock, table, watch } = setUpWatch()
  const stream = new PassThrough({ highWaterMark: 1 })
  pipeToStream(watch, stream, { clock })
  for (let n = 0; n < 30; n += 1) table.apply(thing('a', { size: n }))
  const lines = (await text(stream)).trimEnd().split('\n')
  assert.equal(JSON.parse(lines.at(-1) ?? '').object.code, 410)
  await clock.settle()
  assert.equal(clock.sleepers, 0)
})

test('frames can be iterated, and leaving the loop ends the watch', async () => {
  const { mirror, table, watch } = setUpWatch()
  table.apply(thing('a'))
  const seen: string[] = []
  for await (const frame of framesOf(watch)) {
    const { type, object } = parseEvent(frame)
    seen.push(`${type} ${object.name ?? ''}`)
    if (type === 'BOOKMARK') queueMicrotask(() => table.apply(thing('b')))
    if (object.name === 'b') break
  }
  assert.deepEqual(seen, ['BOOKMARK ', 'ADDED a', 'ADDED b'])
  assert.equal(mirror.counts()[0]?.watchers, 0)
})

test('an iteration that was left gives nothing more', async () => {
  const { watch } = setUpWatch()
  const frames = framesOf(watch)
  await frames.return?.()
  assert.deepEqual(await frames.next(), { done: true, value: undefined })
})

test('an iteration that waits ends when the watch does', async () => {
  const { abort, watch } = setUpWatch()
  const frames = framesOf(watch)
  assert.equal((await frames.next()).done, false)
  const waiting = frames.next()
  abort.abort()
  assert.deepEqual(await waiting, { done: true, value: undefined })
})

test('an iteration that is not read on is dropped at the cap, with the ERROR last', async () => {
  const { table, watch } = setUpWatch()
  const frames = framesOf(watch)
  await frames.next()
  for (let n = 0; n < 30; n += 1) table.apply(thing('a', { size: n }))
  const rest: string[] = []
  for await (const frame of frames) rest.push(parseEvent(frame).type)
  assert.deepEqual(rest, ['ERROR'])
})
