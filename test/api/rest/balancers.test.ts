import assert from 'node:assert/strict'
import { test } from 'node:test'
import { balancerExample } from '../../../src/api/rest/examples/balancers.ts'
import { problemOf, setUp } from '../support.ts'

async function withBalancers(t: Parameters<typeof setUp>[0]) {
  const harness = await setUp(t)
  const { engine } = harness
  engine.putCluster('one')
  const put = (name: string, members: Partial<typeof balancerExample>) =>
    engine.tables.balancers.apply({ ...balancerExample, owner: 'ann', id: name, name, ...members })
  put('a', { cluster: 'one', service: 'web', vip: '203.0.113.10' })
  put('b', { cluster: 'one', service: 'web', node: 'other', state: 'failed', labels: { app: 'b' } })
  put('c', { cluster: 'two', owner: 'bob', vip: null, rip: null, state: 'pending', message: 'no address is free' })
  return harness
}

for (const [path, as, expected] of [
  ['ipvs', 'root', ['a', 'b', 'c']],
  ['ipvs', 'bob', ['c']],
  ['ipvs?cluster=one', 'root', ['a', 'b']],
  ['ipvs?vip=203.0.113.10&state=ready', 'root', ['a']],
  ['ipvs?labelSelector=app%3Db', 'root', ['b']],
  ['ipvs?limit=1', 'root', ['a']],
  ['clusters/one/ipvs', 'ann', ['a', 'b']],
  ['clusters/one/ipvs?node=other', 'ann', ['b']],
] as const)
  test(`${as} asks for ${path}`, async t => {
    const { ask } = await withBalancers(t)
    const answer = await ask({ url: `/api/v1/${path}`, as })
    assert.equal(answer.statusCode, 200, answer.body)
    const { items }: { items: { name: string }[] } = answer.json()
    assert.deepEqual(
      items.map(item => item.name),
      expected,
    )
  })

test('load balancers of a cluster that one may not see are not found', async t => {
  const { ask } = await withBalancers(t)
  problemOf(await ask({ url: '/api/v1/clusters/one/ipvs', as: 'bob' }), 404, 'NotFound')
  problemOf(await ask({ url: '/api/v1/clusters/none/ipvs' }), 404, 'NotFound')
})

test('an admin makes a pool and removes it; nobody else', async t => {
  const { ask, engine } = await setUp(t)
  const payload = { addresses: ['203.0.113.10', '203.0.113.16/28'] }
  const url = '/api/v1/networks'
  problemOf(await ask({ method: 'POST', url, payload, as: 'ann' }), 403, 'Forbidden')
  const made = await ask({ method: 'POST', url, payload })
  assert.equal(made.statusCode, 201, made.body)
  const { location = '' } = made.headers
  const found = await ask({ url: String(location) })
  assert.deepEqual(found.json().addresses, payload.addresses)
  assert.equal((await ask({ url: `${url}?kind=pool` })).json().items.length, 1)
  assert.equal((await ask({ url, as: 'ann' })).json().items.length, 0)
  problemOf(await ask({ method: 'DELETE', url: String(location), as: 'ann' }), 403, 'Forbidden')
  assert.equal((await ask({ method: 'DELETE', url: String(location) })).statusCode, 204)
  assert.deepEqual(
    engine.calls.map(call => call.command),
    ['networks.create', 'networks.remove'],
  )
})

test('a body that is not a pool is refused, saying where', async t => {
  const { ask } = await setUp(t)
  for (const [payload, where] of [
    [{}, '/body/addresses'],
    [{ addresses: [] }, '/body/addresses'],
    [{ addresses: ['ten'] }, '/body/addresses/0'],
    [{ addresses: [3] }, '/body/addresses/0'],
    [{ addresses: ['203.0.113.1'], more: 1 }, '/body/more'],
  ] as const) {
    const answer = await ask({ method: 'POST', url: '/api/v1/networks', payload })
    assert.equal(problemOf(answer, 400, 'InvalidRequest').errors[0]?.where, where)
  }
})

test("the host's interfaces are listed", async t => {
  const { ask } = await setUp(t)
  const answer = await ask({ url: '/api/v1/networks?host=true' })
  assert.equal(answer.statusCode, 200, answer.body)
  assert.equal(answer.json().items[0].interface, 'eth0')
})
