import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JWTPayload } from 'jose'
import { IdentityProviderError } from '../../../src/drivers/identity-provider.ts'
import { createOidcProvider } from '../../../src/drivers/oidc/provider.ts'
import { startProvider, type TestProviderOptions } from '../../support/oidc.ts'

const redirectUri = 'http://127.0.0.1:9601/login/callback'

async function setUp(t: Parameters<typeof startProvider>[0], options: Partial<TestProviderOptions> = {}) {
  const real = await startProvider(t, { redirectUri, ...options })
  real.people.set('1234', { email: 'ann@example.com', email_verified: true })
  const ours = createOidcProvider(real)
  /** A login up to where the browser comes back. */
  const visit = async (subject = '1234') => {
    const { location, checks } = await ours.begin(redirectUri)
    return { checks, url: await real.visit(location, subject) }
  }
  return { real, ours, visit }
}

function refused(kind: 'refused' | 'unavailable', words: RegExp) {
  return (error: unknown) => error instanceof IdentityProviderError && error.kind === kind && words.test(error.message)
}

for (const claimsIn of ['idToken', 'userinfo'] as const) {
  test(`who has logged in is known by what the provider says, claims in ${claimsIn}`, async t => {
    const { real, ours, visit } = await setUp(t, { claimsIn })
    const { url, checks } = await visit()
    assert.deepEqual(await ours.redeem(url, checks), {
      issuer: real.issuer,
      subject: '1234',
      email: 'ann@example.com',
      emailVerified: true,
    })
  })
}

test('an address that is not known to be theirs is said to be so', async t => {
  const { real, ours, visit } = await setUp(t)
  for (const person of [{ email: 'bob@example.com', email_verified: false }, { email: 'bob@example.com' }, {}]) {
    real.people.set('5', person)
    const { url, checks } = await visit('5')
    assert.equal((await ours.redeem(url, checks)).emailVerified, false)
  }
})

test('a code is good once', async t => {
  const { ours, visit } = await setUp(t)
  const { url, checks } = await visit()
  await ours.redeem(url, checks)
  await assert.rejects(ours.redeem(url, checks), refused('refused', /invalid_grant/))
})

test("a code is good for its own login only: not with another's state, nonce or verifier", async t => {
  const { ours, visit } = await setUp(t)
  for (const part of ['state', 'nonce', 'verifier'] as const) {
    const [one, other] = [await visit(), await visit()]
    const mixed = { ...one.checks, [part]: other.checks[part] }
    await assert.rejects(ours.redeem(one.url, mixed), refused('refused', /./), part)
  }
})

const now = () => Math.floor(Date.now() / 1000)
const tampered: [string, JWTPayload][] = [
  ['another nonce', { nonce: 'another' }],
  ['another audience', { aud: 'another' }],
  ['several audiences and another party', { aud: ['kindgate', 'another'], azp: 'another' }],
  ['another issuer', { iss: 'http://127.0.0.1:1' }],
  ['a time that is over', { exp: now() - 60, iat: now() - 120 }],
  ['a time that has not begun', { nbf: now() + 3600 }],
]
for (const [what, claims] of tampered) {
  test(`an id token of ${what} is refused, though it is signed`, async t => {
    const { real, ours, visit } = await setUp(t)
    real.tamper.with = claims
    const { url, checks } = await visit()
    await assert.rejects(ours.redeem(url, checks), refused('refused', /no valid login/))
  })
}

test('an id token that is signed with another key is refused', async t => {
  const { real, visit } = await setUp(t)
  const forging = createOidcProvider({
    ...real,
    fetch: async (url, options) => {
      const answer = await real.fetch(url, options)
      if (!url.endsWith('/token')) return answer
      const tokens: { id_token: string } = JSON.parse(await answer.text())
      const [head, body = '', signature] = tokens.id_token.split('.')
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString())
      const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'root' })).toString('base64url')
      return Response.json({ ...tokens, id_token: `${head}.${forged}.${signature}` })
    },
  })
  const { url, checks } = await visit()
  await assert.rejects(forging.redeem(url, checks), refused('refused', /no valid login/))
})

test('what the provider refuses is passed on by its code only', async t => {
  const { ours, visit } = await setUp(t)
  const { url, checks } = await visit()
  const denied = new URL(redirectUri)
  denied.search = String(
    new URLSearchParams({
      error: 'access_denied',
      error_description: '<b>no</b>',
      state: checks.state,
      iss: url.searchParams.get('iss') ?? '',
    }),
  )
  await assert.rejects(
    ours.redeem(denied, checks),
    refused('refused', /^The identity provider answered access_denied\.$/),
  )
})

test('a provider that does not answer is asked again at the next login', async t => {
  const { real } = await setUp(t)
  let answering = false
  const ours = createOidcProvider({
    ...real,
    fetch: async (url, options) => {
      if (!answering) throw new TypeError('fetch failed')
      return real.fetch(url, options)
    },
  })
  await assert.rejects(ours.begin(redirectUri), refused('unavailable', /does not answer/))
  answering = true
  await ours.begin(redirectUri)
})
