import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ann, bob, refused, root, startRig } from '../../support/engine-on-simulated.ts'

test('an admin makes users; they see themselves, admins all', async t => {
  const { engine } = await startRig(t)
  const { users, tables } = engine
  const made = await users.create(root, { name: 'cyd@example.com', email: 'cyd@example.com' })
  assert.deepEqual(
    [made.name, made.owner, made.email, made.admin, made.disabled, made.metadata.generation],
    ['cyd@example.com', 'cyd@example.com', 'cyd@example.com', false, false, 1],
  )
  const names = (viewer: typeof ann) => tables.users.list({ viewer }).items.map(user => user.name)
  assert.deepEqual([names(ann), names(root)], [['ann'], ['ann', 'bob', 'cyd@example.com', 'root']])
})

test('what makes no user is refused', async t => {
  const { engine } = await startRig(t)
  const { users } = engine
  await users.create(root, { name: 'cyd', email: 'cyd@example.com' })
  await assert.rejects(users.create(root, { name: 'cyd' }), refused('AlreadyExists', /name/))
  await assert.rejects(users.create(root, { name: 'dan', email: 'CYD@example.com' }), refused('AlreadyExists', /email/))
  await assert.rejects(users.create(ann, { name: 'eve' }), refused('Forbidden'))
  for (const name of ['me', '', 'Ann', 'a b', 'ann/x', `a${'n'.repeat(127)}`])
    await assert.rejects(users.create(root, { name }), refused('InvalidRequest', /body\/name/), name)
  await assert.rejects(users.create(root, { name: 'fay', email: 'no address' }), refused('InvalidRequest', /email/))
  assert.equal(engine.tables.users.byName('eve'), undefined)
})

test('users change nothing about themselves, and others do not exist for them', async t => {
  const { engine } = await startRig(t)
  const { users } = engine
  for (const refusal of [() => users.patch(ann, 'ann', { admin: true }), () => users.remove(ann, 'ann')])
    await assert.rejects(refusal, refused('Forbidden'))
  for (const refusal of [
    () => users.patch(ann, 'bob', { disabled: true }),
    () => users.remove(ann, 'bob'),
    () => users.tokens.create(ann, 'bob', { name: 'mine' }),
    () => users.tokens.list(ann, 'root'),
    () => users.tokens.revoke(ann, 'root', 'admin.token'),
    () => users.patch(root, 'nobody', { disabled: true }),
  ])
    await assert.rejects(refusal, refused('NotFound', /there is no user/))
})

test('a version that is not the newest changes nothing', async t => {
  const { engine } = await startRig(t)
  const { resourceVersion } = (await engine.users.patch(root, 'ann', { email: 'ann@example.com' })).metadata
  await engine.users.patch(root, 'ann', { email: null })
  const options = { ifMatch: resourceVersion }
  await assert.rejects(engine.users.patch(root, 'ann', { admin: true }, options), refused('PreconditionFailed'))
  await assert.rejects(engine.users.remove(root, 'ann', options), refused('PreconditionFailed'))
  assert.equal(engine.tables.users.byName('ann')?.admin, false)
})

test('the last admin who can do something stays one', async t => {
  const { engine } = await startRig(t)
  const { users } = engine
  await users.patch(root, 'bob', { admin: true, disabled: true })
  for (const refusal of [
    () => users.remove(root, 'root'),
    () => users.patch(root, 'root', { admin: false }),
    () => users.patch(root, 'root', { disabled: true }),
  ])
    await assert.rejects(refusal, refused('Conflict', /last admin/))
  await users.patch(root, 'bob', { disabled: false })
  await users.patch(root, 'root', { admin: false })
  assert.equal(engine.tables.users.byName('root')?.admin, false)
})

test('two admins who take the role from each other at once: one stays', async t => {
  const { engine } = await startRig(t)
  await engine.users.patch(root, 'bob', { admin: true })
  const admin = { ...bob, admin: true }
  const outcomes = await Promise.allSettled([
    engine.users.patch(root, 'bob', { admin: false }),
    engine.users.patch(admin, 'root', { admin: false }),
  ])
  assert.deepEqual(outcomes.map(each => each.status).sort(), ['fulfilled', 'rejected'])
  assert.equal(engine.tables.users.list({ viewer: root, filter: user => user.admin }).items.length, 1)
})

test('who owns clusters is not deleted; without them, with everything', async t => {
  const rig = await startRig(t)
  const { engine, store } = rig
  await rig.create({ name: 'alex', nodes: 1 }, ann)
  const { token } = await engine.users.tokens.create(ann, 'ann', { name: 'laptop' })
  await assert.rejects(engine.users.remove(root, 'ann'), refused('Conflict', /alex/))
  await rig.done(engine.clusters.remove(ann, 'alex'))
  await engine.users.remove(root, 'ann')
  assert.equal(engine.accounts.authenticate(token), undefined)
  assert.equal(engine.tables.users.byName('ann'), undefined)
  await engine.users.create(root, { name: 'ann' })
  const [left] = await store.sql<{ tokens: number; operations: number }[]>`
    select (select count(*)::int from tokens) as tokens, (select count(*)::int from operations) as operations`
  assert.deepEqual({ ...left }, { tokens: 0, operations: 0 })
})

test('a name stands for one token of a user, and there are not too many', async t => {
  const { engine, store } = await startRig(t)
  const { tokens } = engine.users
  await tokens.create(ann, 'ann', { name: 'laptop' })
  await assert.rejects(tokens.create(ann, 'ann', { name: 'laptop' }), refused('AlreadyExists'))
  await tokens.create(bob, 'bob', { name: 'laptop' })
  await store.sql`
    insert into tokens (id, user_name, name, hash)
    select gen_random_uuid(), 'ann', 'x' || n, sha256(n::text::bytea) from generate_series(1, 99) n`
  await assert.rejects(tokens.create(ann, 'ann', { name: 'one-more' }), refused('Forbidden', /exceeded quota.*100/))
})
