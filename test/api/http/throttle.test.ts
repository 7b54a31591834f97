import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createThrottle } from '../../../src/api/http/throttle.ts'
import { createFakeClock } from '../../support/clock.ts'

function failing(times: number, address: string, options: { limit?: number; most?: number } = {}) {
  const clock = createFakeClock()
  const throttle = createThrottle({ clock, limit: 3, ...options })
  for (let time = 0; time < times; time++) throttle.failed(address)
  return { clock, throttle }
}

test('an address is refused after so many failures, for the rest of the minute', async () => {
  const { clock, throttle } = failing(2, '203.0.113.9')
  assert.equal(throttle.refusedFor('203.0.113.9', 'x'), undefined)
  await clock.advance(20_000)
  throttle.failed('203.0.113.9')
  assert.equal(throttle.refusedFor('203.0.113.9', 'x'), 40)
  await clock.advance(39_999)
  assert.equal(throttle.refusedFor('203.0.113.9', 'x'), 1)
  await clock.advance(1)
  assert.equal(throttle.refusedFor('203.0.113.9', 'x'), undefined)
  throttle.failed('203.0.113.9')
  assert.equal(throttle.refusedFor('203.0.113.9', 'x'), undefined, 'it is counted anew')
})

test('no other address is refused with it', () => {
  const { throttle } = failing(9, '203.0.113.9')
  assert.equal(throttle.refusedFor('203.0.113.10', 'x'), undefined)
})

test('what was accepted from the address before is let in, from there only', () => {
  const { throttle } = failing(0, '203.0.113.9')
  throttle.accepted('203.0.113.9', 'mine')
  for (const address of ['203.0.113.9', '203.0.113.10']) for (let time = 0; time < 3; time++) throttle.failed(address)
  assert.equal(throttle.refusedFor('203.0.113.9', 'mine'), undefined)
  assert.ok(throttle.refusedFor('203.0.113.9', 'other'))
  assert.ok(throttle.refusedFor('203.0.113.10', 'mine'))
})

for (const [one, other, same] of [
  ['2001:db8:1:2::1', '2001:db8:1:2:ffff::7', true],
  ['2001:db8:1:2::1', '2001:0DB8:1:2:3:4:5:6', true],
  ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
  ['::1', '::2', true],
  ['::ffff:203.0.113.9', '203.0.113.9', true],
  ['::ffff:203.0.113.9', '::ffff:203.0.113.10', false],
] as const) {
  test(`${one} and ${other} are ${same ? 'one' : 'two'}`, () => {
    const { throttle } = failing(3, one)
    assert.equal(throttle.refusedFor(other, 'x') !== undefined, same)
  })
}

test('what is remembered is bounded, the newest stays', () => {
  const { throttle } = failing(0, '', { most: 10 })
  for (let each = 0; each < 100; each++) {
    throttle.accepted('203.0.113.9', `credential ${each}`)
    for (let time = 0; time < 3; time++) throttle.failed(`10.0.0.${each}`)
  }
  const refused = Array.from({ length: 100 }, (_, each) => throttle.refusedFor(`10.0.0.${each}`, 'x')).filter(Boolean)
  assert.equal(refused.length, 10)
  for (let time = 0; time < 3; time++) throttle.failed('203.0.113.9')
  assert.equal(throttle.refusedFor('203.0.113.9', 'credential 99'), undefined)
  assert.ok(throttle.refusedFor('203.0.113.9', 'credential 0'))
})
