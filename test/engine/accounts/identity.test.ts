import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Identity } from '../../../src/engine/accounts/identity.ts'
import type { RunningEngine } from '../../../src/engine/engine.ts'
import { createFakeClock } from '../../support/clock.ts'
import { ann, bob, refused, root, startRig } from '../../support/engine-on-simulated.ts'

async function issue(engine: RunningEngine, user: string, name: string, expiresIn?: number) {
  const { token } = await engine.users.tokens.create(root, user, { name, ...(expiresIn ? { expiresIn } : {}) })
  return { token, identity: identityOf(engine, token) }
}

function identityOf(engine: RunningEngine, token: string): Identity {
  const identity = engine.accounts.authenticate(token)
  assert.ok(identity)
  return identity
}

test('a token is shown once; the list has when it was last used', async t => {
  const clock = createFakeClock()
  const { engine } = await startRig(t, { clock })
  const { tokens } = engine.users
  const { token, ...issued } = await tokens.create(ann, 'ann', { name: 'laptop' })
  assert.match(token, /^kg_[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(await tokens.list(ann, 'ann'), [{ ...issued, lastUsedAt: null }])
  assert.deepEqual(identityOf(engine, token).principal, ann)
  await engine.credentials.settled()
  const used = new Date(clock.now()).toISOString()
  const lastUse = async () => (await tokens.list(ann, 'ann'))[0]?.lastUsedAt
  assert.equal(await lastUse(), used)
  await clock.advance(59_000)
  identityOf(engine, token)
  await engine.credentials.settled()
  assert.equal(await lastUse(), used, 'written at most once a minute')
  await clock.advance(1000)
  identityOf(engine, token)
  await engine.credentials.settled()
  assert.equal(await lastUse(), new Date(clock.now()).toISOString())
})

test('a revoked token ends what was opened with it and nothing else', async t => {
  const { engine } = await startRig(t)
  const [one, other] = [await issue(engine, 'ann', 'one'), await issue(engine, 'ann', 'other')]
  await engine.users.tokens.revoke(ann, 'ann', 'one')
  assert.deepEqual([one.identity.ended.aborted, other.identity.ended.aborted], [true, false])
  assert.equal(engine.accounts.authenticate(one.token), undefined)
  assert.equal(engine.accounts.authenticate(other.token), other.identity)
  await assert.rejects(engine.users.tokens.revoke(ann, 'ann', 'one'), refused('NotFound'))
})

test('an expired token ends what was opened with it, to the millisecond', async t => {
  const clock = createFakeClock()
  const { engine } = await startRig(t, { clock })
  const [short, long] = [await issue(engine, 'ann', 'short', 60), await issue(engine, 'ann', 'long', 40 * 24 * 3600)]
  await clock.advance(59_999)
  assert.deepEqual([short.identity.ended.aborted, long.identity.ended.aborted], [false, false])
  await clock.advance(1)
  assert.deepEqual([short.identity.ended.aborted, long.identity.ended.aborted], [true, false])
  assert.equal(engine.accounts.authenticate(short.token), undefined)
  assert.ok(engine.accounts.authenticate(long.token))
})

test('a web token is a UUID that expires', async t => {
  const clock = createFakeClock()
  const { engine } = await startRig(t, { clock })
  const { token, expiresAt } = await engine.users.tokens.create(ann, 'ann', { name: 'browser', kind: 'web' })
  assert.match(token, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  assert.equal(expiresAt, new Date(clock.now() + 12 * 3600_000).toISOString())
  assert.equal(identityOf(engine, token).credential.kind, 'web')
})

for (const [what, act] of [
  ['disabling', (engine: RunningEngine) => engine.users.patch(root, 'bob', { disabled: true })],
  ['deleting', (engine: RunningEngine) => engine.users.remove(root, 'bob')],
  ['another role of', (engine: RunningEngine) => engine.users.patch(root, 'bob', { admin: true })],
] as const)
  test(`${what} a user ends all that they have open, and nobody else's`, async t => {
    const { engine } = await startRig(t)
    const mine = [await issue(engine, 'bob', 'one'), await issue(engine, 'bob', 'two')]
    const others = await issue(engine, 'ann', 'one')
    const ended = Promise.withResolvers<string>()
    const { signal } = new AbortController()
    engine.tables.clusters
      .watch({ viewer: bob, signal, format: { name: 'none', encode: () => Buffer.from('x') } })
      .pipe({ write: () => true, end: ended.resolve })
    await act(engine)
    assert.equal(await ended.promise, 'revised')
    assert.deepEqual(
      mine.map(({ identity }) => identity.ended.aborted),
      [true, true],
    )
    assert.equal(others.identity.ended.aborted, false)
    assert.equal(
      engine.accounts.authenticate(mine[0]?.token ?? '')?.principal.admin,
      what.startsWith('another') || undefined,
    )
  })

test('who is enabled again is let in again, by what was not revoked', async t => {
  const { engine } = await startRig(t)
  const { token, identity } = await issue(engine, 'bob', 'one')
  await engine.users.patch(root, 'bob', { disabled: true })
  await engine.users.patch(root, 'bob', { disabled: false })
  assert.notEqual(identityOf(engine, token), identity)
  assert.equal(identity.ended.aborted, true)
})
