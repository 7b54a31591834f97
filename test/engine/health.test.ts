import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHealth } from '../../src/engine/health.ts'
import { createObserved } from '../../src/engine/nodes/observed.ts'
import { GatewayError } from '../../src/errors.ts'
import { createFakeClock } from '../support/clock.ts'

test('says which of store, mirror and runtime is missing, and recovers by itself', async () => {
  const clock = createFakeClock()
  const observed = createObserved()
  let answers = false
  const ping = async () => {
    if (!answers) throw new GatewayError('Unavailable', 'the database does not answer')
  }
  const health = createHealth({ store: { ping }, observed, clock })
  const stop = new AbortController()
  const watching = health.watch(stop.signal)
  await clock.settle()
  const missing = () =>
    health
      .checks()
      .filter(check => !check.ready)
      .map(check => check.name)
  assert.deepEqual(missing(), ['store', 'mirror'])
  answers = true
  observed.synced = true
  await clock.advance(5000)
  assert.deepEqual(missing(), [])
  observed.down = { since: new Date(clock.now()), reason: 'no such socket' }
  assert.deepEqual(missing(), ['runtime'])
  stop.abort()
  await watching
})
