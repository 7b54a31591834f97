import assert from 'node:assert/strict'
import { test } from 'node:test'
import { orderExample } from '../../../src/api/rest/examples/orders.ts'
import { problemOf, setUp } from '../support.ts'

const url = '/api/v1/orders'

test('admins make orders, and are told the secret this once', async t => {
  const { ask } = await setUp(t)
  const payload = { resourceUnit: '4-Unit-Resource', duration: 100 }
  const made = await ask({ method: 'POST', url, payload })
  assert.equal(made.statusCode, 201)
  assert.equal(made.headers.location, `${url}/${orderExample.id}`)
  assert.deepEqual(Object.keys(made.json()), ['order', 'secret'])
  assert.equal((await ask({ url: `${url}/${orderExample.id}` })).json().resourceUnit, '4-Unit-Resource')
  problemOf(await ask({ method: 'POST', url, payload, as: 'ann' }), 403, 'Forbidden')
})

test('a bad order is refused and says where', async t => {
  const { ask } = await setUp(t)
  const wrong: [object, string][] = [
    [{}, '/body/resourceUnit'],
    [{ resourceUnit: '3-Unit-Resource' }, '/body/resourceUnit'],
    [{ resourceUnit: '1-Unit-Resource', duration: -1 }, '/body/duration'],
    [{ resourceUnit: '1-Unit-Resource', portSpecification: 'any' }, '/body/portSpecification'],
    [{ resourceUnit: '1-Unit-Resource', secret: 'mine' }, '/body/secret'],
  ]
  for (const [payload, where] of wrong)
    assert.equal(problemOf(await ask({ method: 'POST', url, payload }), 400, 'InvalidRequest').errors[0]?.where, where)
})

test('an order is listed, watched, changed and deleted', async t => {
  const { engine, ask } = await setUp(t)
  engine.tables.orders.apply({ ...orderExample, owner: 'root' })
  const one = `${url}/${orderExample.id}`
  assert.equal((await ask({ url: `${url}?status=ServiceRunning` })).json().items.length, 1)
  assert.equal((await ask({ url: `${url}?status=OrderFiled` })).json().items.length, 0)
  assert.equal((await ask({ url, as: 'ann' })).json().items.length, 0)
  problemOf(await ask({ url: one, as: 'ann' }), 404, 'NotFound')
  const changed = await ask({ method: 'PATCH', url: one, payload: { expired: true } })
  assert.equal(changed.statusCode, 200)
  assert.match(String(changed.headers.etag), /^"\d+"$/)
  assert.equal((await ask({ method: 'DELETE', url: one })).statusCode, 202)
  for (const method of ['PATCH', 'DELETE'] as const)
    problemOf(
      await ask({ method, url: one, as: 'ann', ...(method === 'PATCH' ? { payload: { expired: true } } : {}) }),
      403,
      'Forbidden',
    )
  problemOf(await ask({ method: 'PATCH', url: one, payload: {} }), 400, 'InvalidRequest')
  problemOf(await ask({ method: 'PATCH', url: `${url}/nothing`, payload: { expired: true } }), 404, 'NotFound')
})
