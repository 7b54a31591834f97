import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { createAccounts } from '../../../src/engine/accounts/accounts.ts'
import { ensureAdminToken } from '../../../src/engine/accounts/admin-token.ts'
import { newToken } from '../../../src/engine/accounts/tokens.ts'
import { createKeyring } from '../../../src/engine/secrets/keyring.ts'
import type { Store } from '../../../src/store/postgres.ts'
import { createFakeClock } from '../../support/clock.ts'
import { emptyStore, startRig } from '../../support/engine-on-simulated.ts'
import { temporaryFolder, testDatabase } from '../../support/postgres.ts'

const hashOf = (token: string) => createHash('sha256').update(token).digest()

async function addToken(store: Store, user: string, token: string, expiresAt: Date | null = null): Promise<void> {
  await store.sql`
    insert into tokens (id, user_name, name, hash, expires_at)
    values (${randomUUID()}, ${user}, ${randomUUID()}, ${hashOf(token)}, ${expiresAt})`
}

function accountsOf(store: Store, clock = createFakeClock()) {
  const keyring = createKeyring([Buffer.alloc(32, 7).toString('base64')])
  return createAccounts({ store, clock, keyring, show: () => undefined, onRevoked: () => undefined })
}

async function adminToken(dataDir: string, store: Store) {
  const accounts = accountsOf(store)
  const file = await ensureAdminToken({ dataDir, accounts, id: randomUUID() })
  return { file, token: (await readFile(file, 'utf8')).trim(), accounts }
}

const modeOf = async (file: string) => ((await stat(file)).mode & 0o777).toString(8)

test('the first credential is in a file that only its owner can read, and stands for an admin', async t => {
  const dataDir = await temporaryFolder(t)
  const { file, token, accounts } = await adminToken(dataDir, await emptyStore())
  assert.equal(file, path.join(dataDir, 'admin.token'))
  assert.equal(await modeOf(file), '600')
  assert.match(token, /^kg_[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(accounts.authenticate(token)?.principal, { name: 'admin', admin: true })
})

test('it stays the same over restarts, also with another database', async t => {
  const dataDir = await temporaryFolder(t)
  const store = await emptyStore()
  const first = await adminToken(dataDir, store)
  await chmod(first.file, 0o644)
  const second = await adminToken(dataDir, store)
  assert.equal(second.token, first.token)
  assert.equal(await modeOf(first.file), '600', 'again')
  const other = await adminToken(dataDir, (await testDatabase(t)).store)
  assert.equal(other.token, first.token)
  assert.deepEqual(other.accounts.authenticate(first.token)?.principal, { name: 'admin', admin: true })
})

test('a file that was lost or spoilt is made anew, and the token that was in it is worth nothing any more', async t => {
  const dataDir = await temporaryFolder(t)
  const store = await emptyStore()
  const first = await adminToken(dataDir, store)
  await writeFile(first.file, 'no token\n')
  const second = await adminToken(dataDir, store)
  assert.notEqual(second.token, first.token)
  assert.ok(second.accounts.authenticate(second.token))
  assert.equal(second.accounts.authenticate(first.token), undefined)
})

test('the database has nothing that lets anybody in', async t => {
  const dataDir = await temporaryFolder(t)
  const store = await emptyStore()
  const { token } = await adminToken(dataDir, store)
  const rows = await store.sql<{ row: string }[]>`select to_jsonb(tokens)::text as row from tokens`
  assert.equal(rows.length, 1)
  for (const { row } of rows) {
    assert.ok(!row.includes(token) && !row.includes(token.slice(3)))
    assert.ok(row.includes(hashOf(token).toString('hex')))
  }
})

test('tokens that are unknown or have expired, and those of disabled users, let nobody in', async () => {
  const store = await emptyStore()
  const clock = createFakeClock()
  const [valid, expiring, ofDisabled] = [newToken(), newToken(), newToken()]
  await addToken(store, 'ann', valid)
  await addToken(store, 'ann', expiring, new Date(clock.now() + 60_000))
  await addToken(store, 'bob', ofDisabled)
  await store.sql`update users set disabled = true where name = 'bob'`
  const accounts = accountsOf(store, clock)
  await accounts.load()
  assert.deepEqual(accounts.authenticate(valid)?.principal, { name: 'ann', admin: false })
  assert.deepEqual(accounts.authenticate(expiring)?.principal, { name: 'ann', admin: false })
  for (const token of [newToken(), '', 'kg_', hashOf(valid).toString('hex'), `${valid} `, ofDisabled])
    assert.equal(accounts.authenticate(token), undefined, token)
  await clock.advance(60_000)
  assert.equal(accounts.authenticate(expiring), undefined)
  assert.ok(accounts.authenticate(valid))
})

test('what somebody changes in the database counts soon after, without a restart', async t => {
  const rig = await startRig(t)
  const { authenticate } = rig.engine.accounts
  const token = newToken()
  await addToken(rig.store, 'ann', token)
  await until(() => authenticate(token)?.principal.name === 'ann')
  await rig.store.sql`update users set admin = true where name = 'ann'`
  await until(() => authenticate(token)?.principal.admin === true)
  await rig.store.sql`update users set disabled = true where name = 'ann'`
  await until(() => authenticate(token) === undefined)
  await rig.store.sql`update users set disabled = false where name = 'ann'`
  await until(() => authenticate(token) !== undefined)
  await rig.store.sql`delete from tokens`
  await until(() => authenticate(token) === undefined)
})

test('who loses a credential or a role loses the watches that were opened with it', async t => {
  const rig = await startRig(t)
  const [ofAnn, ofBob] = [newToken(), newToken()]
  await addToken(rig.store, 'ann', ofAnn)
  await addToken(rig.store, 'bob', ofBob)
  await until(() => rig.engine.accounts.authenticate(ofBob) !== undefined)
  const open = (token: string) => {
    const viewer = rig.engine.accounts.authenticate(token)?.principal
    assert.ok(viewer)
    const ended = Promise.withResolvers<string>()
    rig.engine.tables.clusters
      .watch({
        viewer,
        format: { name: 'none', encode: () => Buffer.from('x') },
        signal: new AbortController().signal,
      })
      .pipe({ write: () => true, end: ended.resolve })
    return ended.promise
  }
  const [watchOfAnn, watchOfBob] = [open(ofAnn), open(ofBob)]
  await rig.store.sql`update users set admin = true where name = 'bob'`
  assert.equal(await watchOfBob, 'revised')
  await rig.store.sql`update users set disabled = true where name = 'ann'`
  assert.equal(await watchOfAnn, 'revised')
})

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setImmediate(resolve))
}
