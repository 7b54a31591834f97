import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cliDocumentSchema } from '../../../src/engine/users/schema.ts'
import { address, compactOf } from '../../support/accounts.ts'
import { ann, bob, refused, startRig } from '../../support/engine-on-simulated.ts'

test("the document is QBO's, and what its client makes of it lets the user in", async t => {
  const { engine } = await startRig(t)
  const { cli, ...account } = await engine.users.serviceAccounts.create(ann, 'ann', { name: 'cli' }, address)
  assert.deepEqual(Object.keys(cli), Object.keys(cliDocumentSchema.properties))
  assert.deepEqual(Object.keys(cli.qbo_uid), ['crv', 'kty', 'x', 'y'])
  assert.deepEqual([cli.qbo_host, cli.qbo_port, cli.qbo_user], ['gateway.example.com', 443, 'ann'])
  const identity = await engine.accounts.authenticateServiceAccount(await compactOf(cli), cli.qbo_aux)
  assert.deepEqual(identity?.principal, ann)
  assert.deepEqual(identity?.credential, { kind: 'serviceAccount', id: account.id })
})

test('what is not made of the key and the aux lets nobody in', async t => {
  const { engine } = await startRig(t)
  const create = async (name: string) => (await engine.users.serviceAccounts.create(ann, 'ann', { name }, address)).cli
  const [mine, other] = [await create('mine'), await create('other')]
  const good = await compactOf(mine)
  const gcm = await compactOf(mine, { enc: 'A256GCM' })
  const elsewhere = { ...mine, qbo_uid: other.qbo_uid }
  for (const [compact, aux] of [
    [await compactOf(elsewhere), mine.qbo_aux],
    [await compactOf(mine, { text: other.qbo_aux }), mine.qbo_aux],
    [await compactOf(mine, { text: '' }), mine.qbo_aux],
    [good, other.qbo_aux],
    [good, ''],
    [gcm, mine.qbo_aux],
    [`${good}x`, mine.qbo_aux],
    [good.split('.').with(3, 'AAAA').join('.'), mine.qbo_aux],
    ['....', mine.qbo_aux],
    ['', mine.qbo_aux],
  ] as const)
    assert.equal(await engine.accounts.authenticateServiceAccount(compact, aux), undefined, compact)
  assert.equal(engine.accounts.authenticate(mine.qbo_aux), undefined, 'the aux is no token')
})

test('one that is revoked lets nobody in, also by a JWE that was good before', async t => {
  const { engine } = await startRig(t)
  const { cli } = await engine.users.serviceAccounts.create(ann, 'ann', { name: 'cli' }, address)
  const compact = await compactOf(cli)
  const [one, same] = [
    await engine.accounts.authenticateServiceAccount(compact, cli.qbo_aux),
    await engine.accounts.authenticateServiceAccount(compact, cli.qbo_aux),
  ]
  assert.ok(one && one === same)
  assert.equal(one.ended.aborted, false)
  await engine.users.serviceAccounts.revoke(ann, 'ann', 'cli')
  assert.equal(one.ended.aborted, true)
  assert.equal(await engine.accounts.authenticateServiceAccount(compact, cli.qbo_aux), undefined)
})

test('the database has neither the private key nor the aux', async t => {
  const { engine, store } = await startRig(t)
  const { cli } = await engine.users.serviceAccounts.create(ann, 'ann', { name: 'cli' }, address)
  const rows = await store.sql<{ row: string }[]>`select to_jsonb(service_accounts)::text as row from service_accounts`
  assert.equal(rows.length, 1)
  for (const secret of [cli.qbo_aux, cli.qbo_uid.x, cli.qbo_uid.y]) assert.ok(!rows[0]?.row.includes(secret))
})

test('its user has the document again, nobody else', async t => {
  const { engine } = await startRig(t)
  const { serviceAccounts } = engine.users
  const { cli, id } = await serviceAccounts.create(ann, 'ann', { name: 'cli' }, address)
  assert.deepEqual(await serviceAccounts.document(ann, 'ann', 'cli', address), cli)
  assert.deepEqual(await serviceAccounts.document(ann, 'ann', id, address), cli)
  for (const refusal of [
    () => serviceAccounts.document(bob, 'ann', 'cli', address),
    () => serviceAccounts.list(bob, 'ann'),
    () => serviceAccounts.revoke(bob, 'ann', 'cli'),
    () => serviceAccounts.create(bob, 'ann', { name: 'mine' }, address),
    () => serviceAccounts.document(bob, 'bob', 'cli', address),
    () => serviceAccounts.revoke(bob, 'bob', id),
  ])
    await assert.rejects(refusal, refused('NotFound'))
})
