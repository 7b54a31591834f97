import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWorkQueue } from '../../src/engine/queue.ts'
import { createFakeClock } from '../support/clock.ts'

/** A queue whose work is done by hand. */
function setUp({ concurrency = 4, random = 0 } = {}) {
  const clock = createFakeClock(0)
  const log: string[] = []
  const running = new Map<string, PromiseWithResolvers<void>>()
  const queue = createWorkQueue({
    work(key, signal) {
      log.push(`begins ${key}`)
      const done = Promise.withResolvers<void>()
      running.set(key, done)
      signal.addEventListener('abort', () => done.reject(signal.reason), { once: true })
      return done.promise.finally(() => running.delete(key))
    },
    onRetry: (key, error, delayMs) => log.push(`${key} again in ${delayMs}: ${String(error)}`),
    clock,
    random: () => random,
    concurrency,
  })
  const end = async (key: string, error?: string) => {
    const done = running.get(key)
    assert.ok(done, `${key} is not being worked on`)
    if (error === undefined) done.resolve()
    else done.reject(error)
    await clock.settle()
  }
  return { clock, log, running, queue, end }
}

test('a key that is asked for while it is worked on is worked on once more afterwards, never twice at once', async () => {
  const { queue, clock, log, end } = setUp()
  queue.add('a')
  await clock.settle()
  for (let times = 0; times < 3; times++) queue.add('a')
  await clock.settle()
  assert.deepEqual(log, ['begins a'])
  await end('a')
  assert.deepEqual(log, ['begins a', 'begins a'])
  await end('a')
  assert.equal(log.length, 2)
})

test('no more keys than allowed are worked on at once, the others in the order they came', async () => {
  const { queue, clock, log, running, end } = setUp({ concurrency: 2 })
  for (const key of ['a', 'b', 'c', 'd']) queue.add(key)
  await clock.settle()
  assert.deepEqual([...running.keys()], ['a', 'b'])
  await end('b')
  assert.deepEqual([...running.keys()], ['a', 'c'])
  await end('a')
  await end('c')
  await end('d')
  assert.deepEqual(log, ['begins a', 'begins b', 'begins c', 'begins d'])
})

test('what fails is tried again after delays that double up to a limit, until it succeeds', async () => {
  const { queue, clock, log, end } = setUp()
  const delays = [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000]
  queue.add('a')
  await clock.settle()
  for (const delay of delays) {
    await end('a', 'no')
    assert.equal(log.at(-1), `a again in ${delay}: no`)
    await clock.advance(delay - 1)
    assert.notEqual(log.at(-1), 'begins a')
    await clock.advance(1)
    assert.equal(log.at(-1), 'begins a')
  }
  await end('a')
  queue.add('a')
  await clock.settle()
  await end('a', 'no')
  assert.equal(log.at(-1), 'a again in 250: no', 'success begins anew')
})

test('delays are spread, so that many do not come back at once', async () => {
  const { queue, clock, log, end } = setUp({ random: 0.999 })
  queue.add('a')
  await clock.settle()
  await end('a', 'no')
  assert.equal(log.at(-1), 'a again in 500: no')
})

test('asking cuts a delay short, and the delay is then over', async () => {
  const { queue, clock, log, end } = setUp()
  queue.add('a')
  await clock.settle()
  await end('a', 'no')
  queue.add('a')
  await clock.settle()
  assert.equal(log.at(-1), 'begins a')
  assert.equal(clock.sleepers, 0)
  await end('a')
  await clock.advance(60_000)
  assert.equal(log.filter(entry => entry === 'begins a').length, 2)
})

test('failing again before a delay is over leaves one delay', async () => {
  const { queue, clock, end } = setUp()
  queue.add('a')
  await clock.settle()
  queue.add('a')
  await end('a', 'no')
  await end('a', 'no')
  assert.equal(clock.sleepers, 1)
  await queue.close()
  assert.equal(clock.sleepers, 0)
})

test('a restart ends the work that goes on and does it anew, and that is no failure', async () => {
  const { queue, clock, log, end } = setUp()
  queue.add('a')
  await clock.settle()
  queue.restart('a')
  await clock.settle()
  assert.deepEqual(log, ['begins a', 'begins a'])
  await end('a')
  queue.restart('b')
  await clock.settle()
  assert.equal(log.at(-1), 'begins b')
})

test('a restart does not wait for what others are worked on', async () => {
  const { queue, clock, running, end } = setUp({ concurrency: 1 })
  for (const key of ['a', 'b', 'c']) queue.add(key)
  await clock.settle()
  queue.restart('c')
  await clock.settle()
  assert.deepEqual([...running.keys()], ['a', 'c'])
  await end('c')
  assert.deepEqual([...running.keys()], ['a'])
  await end('a')
  assert.deepEqual([...running.keys()], ['b'])
})

test('closing ends all work, waits for it, and takes no more', async () => {
  const { queue, clock, log, running } = setUp({ concurrency: 1 })
  queue.add('a')
  queue.add('b')
  await clock.settle()
  await queue.close()
  assert.equal(running.size, 0)
  queue.add('c')
  queue.restart('a')
  await clock.advance(60_000)
  assert.deepEqual(log, ['begins a'])
  assert.equal(clock.sleepers, 0)
})
