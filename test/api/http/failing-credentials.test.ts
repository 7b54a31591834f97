import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '../../support/clock.ts'
import { tokens } from '../../support/engine.ts'
import { problemOf, setUp } from '../support.ts'

async function serve(t: Parameters<typeof setUp>[0]) {
  const clock = createFakeClock()
  const harness = await setUp(t, { server: { credentialFailures: 5, clock, trustedProxies: ['127.0.0.1'] } })
  /** Asks from an address, with headers. */
  const from = async (address: string, headers: Record<string, string>, url = '/api/v1/version') =>
    harness.ask({ url, as: null, headers: { 'x-forwarded-for': address, ...headers } })
  return { ...harness, clock, from }
}

const good = { authorization: `Bearer ${tokens.ann}` }

for (const [kind, wrong] of [
  ['Bearer', (time: number) => ({ authorization: `Bearer wrong-${time}` })],
  ['Basic', (time: number) => ({ authorization: `Basic ${btoa(`any:wrong-${time}`)}` })],
  ['a cookie', (time: number) => ({ cookie: `qbo_uid=wrong-${time}` })],
  ['a session', (time: number) => ({ cookie: `kindgate_session=wrong-${time}` })],
] as const) {
  test(`who tries credentials is slowed down: ${kind}`, async t => {
    const { from, clock } = await serve(t)
    for (let time = 0; time < 5; time++) problemOf(await from('203.0.113.9', wrong(time)), 401, 'Unauthorized')
    const refused = await from('203.0.113.9', good)
    problemOf(refused, 429, 'TooManyRequests')
    assert.equal(refused.headers['retry-after'], '60')
    assert.equal((await from('203.0.113.10', good)).statusCode, 200, 'another address')
    await clock.advance(60_000)
    assert.equal((await from('203.0.113.9', good)).statusCode, 200)
  })
}

test('what was let in from the address before still is, and what needs no credential is open', async t => {
  const { from } = await serve(t)
  assert.equal((await from('203.0.113.9', good)).statusCode, 200)
  for (let time = 0; time < 9; time++) await from('203.0.113.9', { authorization: `Bearer wrong-${time}` })
  problemOf(await from('203.0.113.9', { authorization: `Bearer ${tokens.root}` }), 429, 'TooManyRequests')
  assert.equal((await from('203.0.113.9', good)).statusCode, 200)
  assert.equal((await from('203.0.113.9', {}, '/livez')).statusCode, 200)
})

test('who shows no credential does not count', async t => {
  const { from } = await serve(t)
  for (let time = 0; time < 9; time++)
    problemOf(await from('203.0.113.9', { cookie: 'theme=dark' }), 401, 'Unauthorized')
  assert.equal((await from('203.0.113.9', good)).statusCode, 200)
})
