import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  chooseAddresses,
  chooseSubnet,
  gatewayOf,
  moveAddress,
  overlaps,
} from '../../../src/engine/networks/allocate.ts'

const octet = fc.integer({ min: 0, max: 255 })
const range = fc
  .tuple(octet, octet, octet, octet, fc.integer({ min: 8, max: 32 }))
  .map(([a, b, c, d, prefix]) => `${a}.${b}.${c}.${d}/${prefix}`)

test('ranges overlap as their addresses do', () => {
  assert.equal(overlaps('172.28.0.0/24', '172.28.0.0/16'), true)
  assert.equal(overlaps('172.28.0.0/24', '172.28.1.0/24'), false)
  assert.equal(overlaps('172.28.0.7/24', '172.28.0.200'), true)
  fc.assert(fc.property(range, range, (a, b) => overlaps(a, b) === overlaps(b, a)))
  fc.assert(fc.property(range, a => overlaps(a, a)))
})

test('a chosen subnet overlaps nothing that is taken, and none is chosen when all is taken', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 20 }), taken => {
      const subnet = chooseSubnet('172.28.0.0/16', taken)
      if (subnet === undefined) return
      assert.ok(overlaps(subnet, '172.28.0.0/16'))
      assert.ok(!taken.some(each => overlaps(each, subnet)))
    }),
  )
  assert.equal(chooseSubnet('172.28.0.0/23', []), '172.28.0.0/24')
  assert.equal(chooseSubnet('172.28.0.0/23', ['172.28.0.128/25']), '172.28.1.0/24')
  assert.equal(chooseSubnet('172.28.0.0/23', ['172.0.0.0/8']), undefined)
})

test('node addresses leave out the network, the gateway, the broadcast address and what is held', () => {
  assert.equal(gatewayOf('172.28.3.0/24'), '172.28.3.1')
  assert.deepEqual(chooseAddresses('172.28.3.0/24', ['172.28.3.3'], 3), ['172.28.3.2', '172.28.3.4', '172.28.3.5'])
  const all = chooseAddresses('172.28.3.0/24', [], 1000)
  assert.equal(all.length, 253)
  assert.equal(all.at(-1), '172.28.3.254')
})

test('a node that moves to another subnet keeps its place in it', () => {
  assert.equal(moveAddress('172.28.3.17', '172.28.3.0/24', '172.29.200.0/24'), '172.29.200.17')
})
