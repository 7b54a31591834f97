import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemOf } from '../support.ts'
import { openBrowser, publicUrl, startGateway, tokenOf } from './support.ts'

const [hour, minute] = [3600_000, 60_000]

/** A browser in which ann has logged in. */
async function setUp(t: Parameters<typeof startGateway>[0]) {
  const gateway = await startGateway(t, { sessions: { ttlMs: 12 * hour, idleMs: hour } })
  gateway.provider.people.set('ann', { email: 'ann@example.com', email_verified: true })
  const browser = openBrowser(gateway)
  await browser.logIn('ann')
  const session = browser.jar.get('__Host-kindgate_session') ?? ''
  const identity = gateway.engine.accounts.authenticateSession(session)
  assert.ok(identity)
  return { ...gateway, browser, session, identity }
}

const own = { origin: publicUrl, 'sec-fetch-site': 'same-origin' }

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise(resolve => setImmediate(resolve))
}

test('logging out ends the session, for whoever still has the cookie too', async t => {
  const { browser, session, identity, store } = await setUp(t)
  assert.equal((await browser.ask({ method: 'POST', url: '/logout', headers: own })).statusCode, 204)
  assert.equal(browser.jar.size, 0)
  assert.equal(identity.ended.aborted, true)
  const stolen = await browser.ask({
    url: '/api/v1/version',
    headers: { cookie: `__Host-kindgate_session=${session}` },
  })
  problemOf(stolen, 401, 'Unauthorized')
  assert.equal((await store.sql`select from sessions`).length, 0)
})

test("another site cannot log anybody out, nor change anything with somebody's cookies", async t => {
  const { browser } = await setUp(t)
  for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { origin: 'null' }])
    problemOf(await browser.ask({ method: 'POST', url: '/logout', headers }), 403, 'Forbidden')
  assert.equal(await browser.status(), 200)
})

test('a token is no session: it is revoked, not logged out', async t => {
  const gateway = await setUp(t)
  const token = await tokenOf(gateway, 'ann')
  const answer = await gateway.server.inject({
    method: 'POST',
    url: '/logout',
    headers: { authorization: `Bearer ${token}` },
  })
  problemOf(answer, 409, 'Conflict')
})

test('a session is no token, and a token no session', async t => {
  const gateway = await setUp(t)
  const token = await tokenOf(gateway, 'ann')
  for (const headers of [
    { authorization: `Bearer ${gateway.session}` },
    { cookie: `__Host-kindgate_session=${token}` },
    { cookie: `kindgate_session=${gateway.session}` },
  ])
    problemOf(await gateway.server.inject({ url: '/api/v1/version', headers }), 401, 'Unauthorized')
})

test('a session that is not used ends after an hour', async t => {
  const { browser, clock, identity } = await setUp(t)
  await clock.advance(hour - 1)
  assert.equal(identity.ended.aborted, false)
  await clock.advance(1)
  assert.equal(identity.ended.aborted, true)
  assert.equal(await browser.status(), 401)
})

test('one that is used goes on, but not for ever', async t => {
  const { browser, clock, identity, store, engine } = await setUp(t)
  const expiry = async () => {
    const [row] = await store.sql<{ at: Date }[]>`select expires_at as at from sessions`
    return row?.at.getTime() ?? 0
  }
  for (let time = 0; time < 23; time++) {
    await clock.advance(30 * minute)
    assert.equal(await browser.status(), 200, `after ${(time + 1) / 2} h`)
    const wanted = Math.min(clock.now() + hour, clock.now() - (time + 1) * 30 * minute + 12 * hour)
    await until(async () => (await expiry()) === wanted)
    await engine.credentials.load()
  }
  assert.equal(identity.ended.aborted, false)
  await clock.advance(30 * minute)
  assert.equal(identity.ended.aborted, true)
  assert.equal(await browser.status(), 401)
})

for (const [what, change] of [
  ['disabled', 'update users set disabled = true'],
  ['deleted', 'delete from users'],
] as const) {
  test(`a user who is ${what} while logged in is out, and cannot log in again while that is so`, async t => {
    const { browser, identity, store } = await setUp(t)
    await store.sql.unsafe(`${change} where name = 'ann@example.com'`)
    await until(() => identity.ended.aborted)
    assert.equal(await browser.status(), 401)
    const again = await browser.logIn('ann')
    if (what === 'disabled') problemOf(again, 403, 'Forbidden')
    else assert.equal(again.statusCode, 302, 'they are made anew')
  })
}

test('the oldest sessions of a user go where there are too many, and those that are over are forgotten', async t => {
  const { browser, store, clock, identity } = await setUp(t)
  for (let time = 0; time < 20; time++) {
    await clock.advance(1000)
    await browser.logIn('ann')
  }
  assert.equal((await store.sql`select from sessions`).length, 20)
  assert.equal(identity.ended.aborted, true)
  await clock.advance(2 * hour)
  await until(async () => (await store.sql`select from sessions`).length === 0)
})

test('sessions outlive a restart of the gateway', async t => {
  const { session, store } = await setUp(t)
  const rows = await store.sql<{ name: string }[]>`
    select user_name as name from sessions where hash = sha256(convert_to(${session}, 'UTF8'))`
  assert.deepEqual([...rows], [{ name: 'ann@example.com' }])
})

test('the docs use the session', async t => {
  const { browser } = await setUp(t)
  assert.equal((await browser.ask({ url: '/docs' })).statusCode, 200)
  const made = await browser.ask({
    method: 'POST',
    url: '/api/v1/clusters',
    headers: { ...own, 'content-type': 'application/json' },
    payload: { name: 'alex', nodes: 1 },
  })
  assert.equal(made.statusCode, 202, made.body)
})
