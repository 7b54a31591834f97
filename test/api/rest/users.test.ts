import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServed } from '../served.ts'
import { problemOf } from '../support.ts'

const users = '/api/v1/users'

test('an admin makes a user and a token, by which the user works until it is revoked', async t => {
  const { ask, server } = await startServed(t)
  const made = await ask('root', { method: 'POST', url: users, payload: { name: 'cyd', email: 'cyd@example.com' } })
  assert.equal(made.statusCode, 201, made.body)
  assert.equal(made.headers.location, '/api/v1/users/cyd')
  const issued = await ask('root', { method: 'POST', url: `${users}/cyd/tokens`, payload: { name: 'ci' } })
  assert.equal(issued.statusCode, 201, issued.body)
  const { token } = issued.json()
  const me = (authorization: string) => server.inject({ url: `${users}/me`, headers: { authorization } })
  assert.equal((await me(`Bearer ${token}`)).json().name, 'cyd')
  assert.equal((await me(`Basic ${Buffer.from(`any:${token}`).toString('base64')}`)).json().name, 'cyd')
  const listed = await ask('root', { url: `${users}/cyd/tokens` })
  assert.equal(listed.json().items[0].name, 'ci')
  assert.equal(listed.body.includes(token), false)
  assert.equal((await ask('root', { method: 'DELETE', url: `${users}/cyd/tokens/ci` })).statusCode, 204)
  problemOf(await me(`Bearer ${token}`), 401, 'Unauthorized')
})

test('users manage their own credentials; other users do not exist for them', async t => {
  const { ask } = await startServed(t)
  const payload = { name: 'mine' }
  assert.equal((await ask('ann', { method: 'POST', url: `${users}/ann/tokens`, payload })).statusCode, 201)
  problemOf(await ask('ann', { method: 'POST', url: `${users}/bob/tokens`, payload }), 404, 'NotFound')
  problemOf(await ask('ann', { url: `${users}/bob` }), 404, 'NotFound')
  const mine = await ask('ann', { url: users })
  assert.deepEqual(
    mine.json().items.map((user: { name: string }) => user.name),
    ['ann'],
  )
  problemOf(await ask('ann', { method: 'POST', url: users, payload: { name: 'dan' } }), 403, 'Forbidden')
  const raise = { method: 'PATCH', url: `${users}/ann`, payload: { admin: true } } as const
  problemOf(await ask('ann', raise), 403, 'Forbidden')
})

test("a service account comes with the document of QBO's client, which says where it was asked for", async t => {
  const { ask } = await startServed(t)
  const url = `${users}/ann/service-accounts`
  const headers = { host: 'gateway.example.com:9601' }
  const made = await ask('ann', { method: 'POST', url, payload: { name: 'cli' }, headers })
  assert.equal(made.statusCode, 201, made.body)
  const { cli } = made.json()
  assert.deepEqual([cli.qbo_uid.crv, cli.qbo_host, cli.qbo_port], ['P-521', 'gateway.example.com', 9601])
  assert.equal((await ask('ann', { url })).json().items[0].name, 'cli')
  assert.equal((await ask('ann', { method: 'DELETE', url: `${url}/cli` })).statusCode, 204)
  problemOf(await ask('ann', { method: 'DELETE', url: `${url}/cli` }), 404, 'NotFound')
})

test('a change of a user is for the version that the caller knows', async t => {
  const { ask } = await startServed(t)
  const { etag } = (await ask('root', { url: `${users}/ann` })).headers
  const patch = (ifMatch: string, payload: object) =>
    ask('root', { method: 'PATCH', url: `${users}/ann`, payload, headers: { 'if-match': ifMatch } })
  const changed = await patch(String(etag), { quotas: { clusters: 1 } })
  assert.equal(changed.statusCode, 200, changed.body)
  assert.equal(changed.json().quotas.clusters, 1)
  problemOf(await patch(String(etag), { disabled: true }), 412, 'PreconditionFailed')
})

test('the last admin cannot be deleted', async t => {
  const { ask } = await startServed(t)
  for (const name of ['admin', 'root']) {
    const answer = await ask('root', { method: 'DELETE', url: `${users}/${name}` })
    if (name === 'root') problemOf(answer, 409, 'Conflict')
  }
})
