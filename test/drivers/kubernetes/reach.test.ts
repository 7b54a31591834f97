import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { isOutOfReach, isReachable, reachableLookup } from '../../../src/drivers/kubernetes/reach.ts'

test('metadata services and link-local addresses are reached by nobody, however they are written', () => {
  const never = ['169.254.169.254', '169.254.0.1', '::ffff:169.254.169.254', 'fe80::1', 'fe80::1%eth0', '0.0.0.0']
  for (const address of [...never, '100.100.100.200', 'fd00:ec2::254', '64:ff9b::a9fe:a9fe', '::', '224.0.0.1'])
    assert.equal(isReachable(address, 'private'), false, address)
  for (const host of ['169.254.169.254', '0xa9fea9fe', '2852039166', '[::ffff:a9fe:a9fe]', '[fe80::1]'])
    assert.equal(isOutOfReach(`https://${host}:6443`, 'private'), true, host)
})

test('loopback and private addresses are within reach of admins alone', () => {
  for (const address of ['127.0.0.1', '10.1.2.3', '172.28.0.2', '192.168.1.1', '::1', 'fd12::1']) {
    assert.equal(isReachable(address, 'private'), true, address)
    assert.equal(isReachable(address, 'public'), false, address)
  }
  assert.equal(isReachable('93.184.216.34', 'public'), true)
  assert.equal(isOutOfReach('https://api.example.com', 'public'), false)
})

test('a name leads to addresses within reach alone', async () => {
  const all: LookupAddress[] = ['169.254.169.254', '10.0.0.1', '93.184.216.34'].map(address => ({ address, family: 4 }))
  const resolve = async () => all
  const ask = promisify(reachableLookup(resolve, 'public'))
  assert.equal(await ask('api.example.com', {}), '93.184.216.34')
  const wide = promisify(reachableLookup(resolve, 'private'))
  assert.deepEqual(await wide('api.example.com', { all: true }), all.slice(1))
  const nowhere = promisify(reachableLookup(async () => all.slice(0, 1), 'private'))
  await assert.rejects(nowhere('api.example.com', {}), /no address that the gateway may reach/)
})
