import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from './clock.ts'

test('sleepers wake in the order of their due times, each at its time', async () => {
  const clock = createFakeClock(1000)
  const woken: [string, number][] = []
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms)
    woken.push([name, clock.now()])
  }
  const all = [sleep('late', 30), sleep('early', 10), sleep('middle', 20)]
  await clock.advance(25)
  assert.deepEqual(woken, [
    ['early', 1010],
    ['middle', 1020],
  ])
  assert.equal(clock.now(), 1025)
  assert.equal(clock.sleepers, 1)
  await clock.advance(5)
  await Promise.all(all)
  assert.deepEqual(woken.at(-1), ['late', 1030])
})

test('a sleep begun on the way is served within the same advance', async () => {
  const clock = createFakeClock(0)
  const ticks: number[] = []
  const ticking = (async () => {
    while (ticks.length < 4) {
      await clock.sleep(10)
      ticks.push(clock.now())
    }
  })()
  await clock.advance(35)
  assert.deepEqual(ticks, [10, 20, 30])
  await clock.advance(5)
  await ticking
  assert.deepEqual(ticks, [10, 20, 30, 40])
})

test('a sleep rejects with the reason of its signal and is forgotten', async () => {
  const clock = createFakeClock()
  const stop = new AbortController()
  const reason = new Error('enough')
  const asleep = clock.sleep(10, stop.signal)
  stop.abort(reason)
  await assert.rejects(asleep, reason)
  await assert.rejects(clock.sleep(10, stop.signal), reason)
  assert.equal(clock.sleepers, 0)
})

test('running a promise takes just the time it needs', async () => {
  const clock = createFakeClock(0)
  const later = clock.sleep(60_000)
  const answer = await clock.run(clock.sleep(500).then(() => 'done'))
  assert.equal(answer, 'done')
  assert.equal(clock.now(), 500)
  await assert.rejects(clock.run(clock.sleep(1).then(() => Promise.reject(new Error('failed')))), /failed/)
  await clock.advance(60_000)
  await later
})
