import assert from 'node:assert/strict'
import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { StoreError } from '../../src/store/error.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openStore, type Store } from '../../src/store/postgres.ts'
import { silent } from '../support/log.ts'
import { testDatabase } from '../support/postgres.ts'

async function setUp(t: TestContext, files: Record<string, string>) {
  const { url, store } = await testDatabase(t, { empty: true })
  const folder = await mkdtemp(path.join(os.tmpdir(), 'kindgate-migrations-'))
  t.after(() => rm(folder, { recursive: true }))
  const write = (name: string, text: string) => writeFile(path.join(folder, name), text)
  for (const [name, text] of Object.entries(files)) await write(name, text)
  return {
    url,
    store,
    write,
    remove: (name: string) => unlink(path.join(folder, name)),
    run: (to: Store = store) => migrate(to, { log: silent, folder }),
  }
}

const applied = async ({ sql }: Store) => {
  const rows = await sql<{ name: string }[]>`select name from migrations order by number`
  return rows.map(({ name }) => name)
}

const refused = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StoreError)
  assert.match(error.message, pattern)
  return true
}

const first = { '001-first.sql': 'create table a (x int); insert into a values (1);' }
const second = { '002-second.sql': 'alter table a add y int; update a set y = x + 1;' }

test('migrations are applied in order, once, and later ones on top', async t => {
  const { store, write, run } = await setUp(t, first)
  await run()
  for (const [name, text] of Object.entries(second)) await write(name, text)
  await run()
  await run()
  assert.deepEqual([...(await store.sql`select * from a`)], [{ x: 1, y: 2 }])
  assert.deepEqual(await applied(store), ['001-first.sql', '002-second.sql'])
})

test('gateways that migrate at once apply each file once', async t => {
  const { url, store, run } = await setUp(t, { ...first, ...second })
  const stores = await Promise.all([1, 2, 3].map(() => openStore({ url, log: silent })))
  t.after(async () => {
    await Promise.all(stores.map(each => each.close()))
  })
  await Promise.all(stores.map(run))
  assert.deepEqual([...(await store.sql`select * from a`)], [{ x: 1, y: 2 }])
})

test('a migration that fails changes nothing, and is named', async t => {
  const { store, write, run } = await setUp(t, { ...first, '002-bad.sql': 'create table b (); select nonsense;' })
  await assert.rejects(run(), refused(/002-bad\.sql failed: column "nonsense" does not exist/))
  assert.deepEqual(await applied(store), ['001-first.sql'])
  assert.deepEqual([...(await store.sql`select to_regclass('b') as b`)], [{ b: null }])
  await write('002-bad.sql', 'create table b ();')
  await run()
  assert.deepEqual(await applied(store), ['001-first.sql', '002-bad.sql'])
})

test('an applied migration that was changed is refused; other line ends are no change', async t => {
  const { write, run } = await setUp(t, { '001-first.sql': 'create table a ();\n' })
  await run()
  await write('001-first.sql', 'create table a ();\r\n')
  await run()
  await write('001-first.sql', 'create table a (x int);\n')
  await assert.rejects(run(), refused(/001-first\.sql was changed after it was applied/))
})

test('an applied migration that is missing is refused', async t => {
  const { remove, run } = await setUp(t, { ...first, ...second })
  await run()
  await remove('001-first.sql')
  await assert.rejects(run(), refused(/001-first\.sql is missing/))
})

test('a database newer than the program is refused', async t => {
  const { remove, run } = await setUp(t, { ...first, ...second })
  await run()
  await remove('002-second.sql')
  await assert.rejects(
    run(),
    refused(/newer than this program: it has 002-second\.sql, this program ends at 001-first\.sql/),
  )
})

test('two files with one number, and a number taken by another file, are refused', async t => {
  const { remove, write, run } = await setUp(t, first)
  await run()
  await write('001-other.sql', 'create table other ();')
  await assert.rejects(run(), refused(/001-first\.sql and 001-other\.sql have one number/))
  await remove('001-first.sql')
  await assert.rejects(run(), refused(/001-other\.sql has the number of 001-first\.sql/))
})

test('a file that comes before an applied one is refused', async t => {
  const { write, run } = await setUp(t, { '002-second.sql': 'create table a ();' })
  await run()
  await write('001-late.sql', 'create table late ();')
  await assert.rejects(run(), refused(/001-late\.sql comes before 002-second\.sql/))
})

test('a file whose name is not NNN-what.sql is refused', async t => {
  const { run } = await setUp(t, { '1-short.sql': '' })
  await assert.rejects(run(), refused(/1-short\.sql is not named NNN-what\.sql/))
})
