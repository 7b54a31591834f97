import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chooseAddress } from '../../../src/engine/balancers/allocate.ts'
import { addressesOf, isCanonical, sizeOf } from '../../../src/engine/networks/allocate.ts'

const pools = [
  { id: 'one', addresses: ['203.0.113.9'] },
  { id: 'two', addresses: ['203.0.113.16/30', '203.0.113.32/31'] },
]
const all = pools.flatMap(pool => pool.addresses.flatMap(range => [...addressesOf(range)]))

test('property: addresses are given and taken back as a set of all of them would', () => {
  const act = fc.oneof(
    fc.record({ kind: fc.constant('any' as const) }),
    fc.record({ kind: fc.constant('wish' as const), index: fc.nat(all.length) }),
    fc.record({ kind: fc.constant('free' as const), index: fc.nat(all.length - 1) }),
  )
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), acts => {
      const free = new Set(all)
      const held = new Set<string>()
      for (const each of acts) {
        if (each.kind === 'free') {
          const address = all[each.index] ?? ''
          if (held.delete(address)) free.add(address)
          continue
        }
        const wish = each.kind === 'wish' ? (all[each.index] ?? '198.51.100.1') : null
        const expected = wish === null ? all.find(address => free.has(address)) : free.has(wish) ? wish : undefined
        const chosen = chooseAddress(pools, held, wish)
        assert.equal('address' in chosen ? chosen.address : undefined, expected)
        if (!('address' in chosen)) continue
        assert.equal(chosen.poolId, chosen.address === '203.0.113.9' ? 'one' : 'two')
        free.delete(chosen.address)
        held.add(chosen.address)
      }
    }),
  )
})

test('it says why there is none', () => {
  const lack = (held: string[], wish: string | null, from = pools) => chooseAddress(from, new Set(held), wish)
  assert.deepEqual(lack([], null, []), { lack: 'there is no pool of external addresses' })
  assert.deepEqual(lack(all, null), { lack: 'no external address is free' })
  assert.deepEqual(lack([], '198.51.100.1'), { lack: '198.51.100.1 is in no pool of external addresses' })
  assert.deepEqual(lack(all, '203.0.113.9'), { lack: '203.0.113.9 belongs to another load balancer' })
})

test('a range has all its addresses, and is written by the first', () => {
  assert.deepEqual(all.slice(1, 5), ['203.0.113.16', '203.0.113.17', '203.0.113.18', '203.0.113.19'])
  assert.deepEqual([sizeOf('203.0.113.16/28'), sizeOf('203.0.113.9')], [16, 1])
  assert.deepEqual([isCanonical('203.0.113.16/28'), isCanonical('203.0.113.17/28')], [true, false])
})
