import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemOf } from '../support.ts'
import { openBrowser, publicUrl, startGateway } from './support.ts'

async function setUp(t: Parameters<typeof startGateway>[0], settings: Parameters<typeof startGateway>[1] = {}) {
  const gateway = await startGateway(t, settings)
  const people = Object.entries({
    ann: { email: 'Ann@Example.com', email_verified: true },
    carl: { email: 'carl@example.com', email_verified: true },
    root: { email: 'root@example.com', email_verified: true },
    unverified: { email: 'eve@example.com', email_verified: false },
    nameless: {},
    stranger: { email: 'eve@elsewhere.example', email_verified: true },
    below: { email: 'eve@sub.example.com', email_verified: true },
    sneaky: { email: 'eve@elsewhere.example@example.com', email_verified: true },
  })
  for (const [subject, person] of people) gateway.provider.people.set(subject, person)
  const users = async () => gateway.store.sql<{ name: string; email: string; admin: boolean }[]>`
    select name, email, admin from users where email is not null order by name`
  return { ...gateway, users, browser: openBrowser(gateway) }
}

test('the first login makes a user, who is no admin, and later ones are the same user', async t => {
  const { browser, users, engine } = await setUp(t)
  const answer = await browser.logIn('ann', '/api/v1/clusters?limit=1')
  assert.equal(answer.statusCode, 302)
  assert.equal(answer.headers.location, '/api/v1/clusters?limit=1')
  assert.deepEqual([...(await users())], [{ name: 'ann@example.com', email: 'ann@example.com', admin: false }])
  const session = browser.jar.get('__Host-kindgate_session') ?? ''
  assert.deepEqual(engine.accounts.authenticateSession(session)?.principal, { name: 'ann@example.com', admin: false })
  assert.equal(await browser.status(), 200)
  await browser.logIn('ann')
  assert.equal((await users()).length, 1)
})

test('an address that a setting names is the first time made an admin', async t => {
  const { browser, users, store } = await setUp(t)
  await browser.logIn('root')
  assert.equal((await users())[0]?.admin, true)
  await store.sql`update users set admin = false where email is not null`
  await browser.logIn('root')
  assert.equal((await users())[0]?.admin, false, 'what an admin decided since stays')
})

test('cookies are for https, for no script, and for no other site', async t => {
  const { browser, store } = await setUp(t)
  await browser.logIn('ann')
  const given = browser.cookies.filter(line => !/Max-Age=0/.test(line))
  assert.equal(given.length, 2)
  for (const line of given)
    assert.match(line, /^__Host-kindgate_(login|session)=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  assert.deepEqual([...browser.jar.keys()], ['__Host-kindgate_session'], 'that of the login is gone')
  const session = browser.jar.get('__Host-kindgate_session') ?? ''
  const rows = await store.sql<{ row: string }[]>`select to_jsonb(sessions)::text as row from sessions`
  assert.ok(!rows.some(({ row }) => row.includes(session)), 'the database has nothing that lets anybody in')
})

for (const [subject, words] of [
  ['stranger', /may not log in here/],
  ['below', /may not log in here/],
  ['unverified', /not verified/],
  ['nameless', /no e-mail address/],
  ['sneaky', /no e-mail address/],
] as const) {
  test(`who may not log in gets no session and no user: ${subject}`, async t => {
    const { browser, users, engine } = await setUp(t)
    const problem = problemOf(await browser.logIn(subject), 403, 'Forbidden')
    assert.match(problem.detail, words)
    assert.deepEqual([...(await users())], [])
    assert.equal(browser.jar.size, 0)
    assert.equal(await browser.status(), 401)
    await engine.audit.list({ name: 'root', admin: true }, {})
  })
}

test('nobody may log in where nobody is named', async t => {
  const { browser } = await setUp(t, { logins: { allowed: [], admins: ['ann@example.com'] } })
  problemOf(await browser.logIn('ann'), 403, 'Forbidden')
})

test('an answer of the provider is good once, in the browser that began, and within ten minutes', async t => {
  const { browser, clock, ...gateway } = await setUp(t)
  const url = await browser.visit('ann')
  const state = browser.jar.get('__Host-kindgate_login') ?? ''
  const other = openBrowser(gateway)
  problemOf(await other.ask({ url }), 401, 'Unauthorized')
  await other.visit('carl')
  problemOf(await other.ask({ url }), 401, 'Unauthorized')
  assert.equal((await browser.ask({ url })).statusCode, 302)
  const replayed = await browser.ask({ url, headers: { cookie: `__Host-kindgate_login=${state}` } })
  problemOf(replayed, 401, 'Unauthorized')
  const late = await browser.visit('ann')
  await clock.advance(600_000)
  problemOf(await browser.ask({ url: late }), 401, 'Unauthorized')
})

test('what was not sealed here is no state', async t => {
  const { browser } = await setUp(t)
  const url = await browser.visit('ann')
  for (const state of ['', 'x', '{}', 'eyJhbGciOiJkaXIifQ....'])
    problemOf(await browser.ask({ url, headers: { cookie: `__Host-kindgate_login=${state}` } }), 401, 'Unauthorized')
})

test("a state that is not the login's own, or a refusal of the provider, is no login", async t => {
  const { browser } = await setUp(t)
  const url = new URL(await browser.visit('ann'), publicUrl)
  url.searchParams.set('state', 'another')
  problemOf(await browser.ask({ url: url.pathname + url.search }), 401, 'Unauthorized')
  const again = new URL(await browser.visit('ann'), publicUrl)
  again.searchParams.delete('code')
  again.searchParams.set('error', 'access_denied')
  assert.match(
    problemOf(await browser.ask({ url: again.pathname + again.search }), 401, 'Unauthorized').detail,
    /access_denied/,
  )
})

test('nothing secret of a login is logged', async t => {
  const { browser, logText } = await setUp(t)
  const url = new URL(await browser.visit('ann'), publicUrl)
  await browser.ask({ url: url.pathname + url.search })
  for (const secret of [url.searchParams.get('code'), url.searchParams.get('state'), ...browser.jar.values()])
    assert.ok(secret && !logText().includes(secret))
})

test('a user whom an admin made with the address is that user; somebody else with the address later is not', async t => {
  const { browser, provider, store, users } = await setUp(t)
  await store.sql`update users set email = 'ann@example.com' where name = 'ann'`
  await browser.logIn('ann')
  assert.deepEqual([...(await users())], [{ name: 'ann', email: 'ann@example.com', admin: false }])
  provider.people.set('another', { email: 'ann@example.com', email_verified: true })
  assert.match(problemOf(await browser.logIn('another'), 403, 'Forbidden').detail, /somebody else/)
})

test('a user who only has the name is not taken over', async t => {
  const { browser, store, users } = await setUp(t)
  await store.sql`insert into users (name, admin) values ('ann@example.com', true)`
  problemOf(await browser.logIn('ann'), 403, 'Forbidden')
  assert.deepEqual([...(await users())], [])
})

test('two first logins of one person at the same time are one user', async t => {
  const { browser, users, ...gateway } = await setUp(t)
  const browsers = [browser, openBrowser(gateway), openBrowser(gateway)]
  const urls: string[] = []
  for (const each of browsers) urls.push(await each.visit('ann'))
  const answers = await Promise.all(browsers.map((each, index) => each.ask({ url: urls[index] ?? '' })))
  assert.deepEqual(
    answers.map(answer => answer.statusCode),
    [302, 302, 302],
  )
  assert.equal((await users()).length, 1)
})

for (const [wanted, path] of [
  ['/docs/#/clusters', '/docs/#/clusters'],
  ['https://evil.example/', '/docs'],
  ['//evil.example/', '/docs'],
  ['/\\evil.example/', '/docs'],
  ['/\t/evil.example/', '/docs'],
  ['/..//evil.example', '/docs'],
  ['javascript:alert(1)', '/docs'],
  ['evil.example', '/docs'],
  ['', '/docs'],
] as const) {
  test(`a login that is to lead to ${JSON.stringify(wanted)} leads to ${path}`, async t => {
    const { browser } = await setUp(t)
    assert.equal((await browser.logIn('ann', wanted)).headers.location, path)
  })
}

test('without a provider there is no login', async t => {
  const { startRig } = await import('../../support/engine-on-simulated.ts')
  const { engine } = await startRig(t)
  await assert.rejects(engine.logins.begin('/docs'), { code: 'NotFound' })
  await assert.rejects(engine.logins.finish('/login/callback?code=1', 'x'), { code: 'NotFound' })
})
