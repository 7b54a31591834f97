import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSettings } from '../../../src/config-read.ts'
import { setUp } from '../support.ts'

const forwarded = {
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'kindgate.example.com',
}

/** What the gateway takes a request from loopback for. */
async function seen(t: Parameters<typeof setUp>[0], trustedProxies: string[], headers: Record<string, string>) {
  const { ask, log } = await setUp(t, {
    server: { trustedProxies },
    routes: server => {
      server.get('/seen', { config: { access: 'user' }, schema: { hide: true } }, async request => ({
        ip: request.ip,
        origin: `${request.protocol}://${request.host}`,
      }))
    },
  })
  const answer = await ask({ url: '/seen', headers: { host: 'gateway:9601', ...headers } })
  const line = log().find(({ msg }) => msg === 'request completed')
  assert.equal(line?.remoteAddress, answer.json().ip, 'the log has the same address')
  return answer.json()
}

const own = { ip: '127.0.0.1', origin: 'http://gateway:9601' }

test('forwarded headers are not believed unless the peer is a proxy that is named', async t => {
  assert.deepEqual(await seen(t, [], forwarded), own)
  assert.deepEqual(await seen(t, ['10.0.0.1', '192.168.0.0/16'], forwarded), own)
})

test('they are believed of a proxy that is named', async t => {
  const theirs = { ip: '203.0.113.9', origin: 'https://kindgate.example.com' }
  assert.deepEqual(await seen(t, ['127.0.0.1'], forwarded), theirs)
  assert.deepEqual(await seen(t, ['127.0.0.0/8'], forwarded), theirs)
})

test('what a client claimed before it came to the proxy is not believed', async t => {
  const spoofed = {
    'x-forwarded-for': '127.0.0.1, 10.1.1.1, 203.0.113.9',
    'x-forwarded-proto': 'http, https',
    'x-forwarded-host': 'evil.example, kindgate.example.com',
  }
  assert.deepEqual(await seen(t, ['127.0.0.1'], spoofed), {
    ip: '203.0.113.9',
    origin: 'https://kindgate.example.com',
  })
})

test('what is no address in them changes nothing that matters', async t => {
  const { ip } = await seen(t, ['127.0.0.1'], { 'x-forwarded-for': '<script>, unknown' })
  assert.equal(ip, 'unknown')
})

for (const value of [
  'true',
  '1',
  '0',
  '*',
  'loopback',
  '0.0.0.0/0',
  '::/0',
  '10.0.0.0/33',
  '10.0.0.1 10.0.0.2',
  '10.0.0',
]) {
  test(`TRUST_PROXY=${value} is refused`, () => {
    assert.throws(() => readSettings({ TRUST_PROXY: value }), /TRUST_PROXY=.* is not valid: addresses and ranges/)
  })
}

test('TRUST_PROXY takes addresses and ranges', () => {
  const value = '10.0.0.7, 192.168.1.0/24,fd00::/64'
  assert.equal(readSettings({ TRUST_PROXY: value }).TRUST_PROXY, value)
})
