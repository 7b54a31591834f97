import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import test, { type TestContext } from 'node:test'
import { GatewayError } from '../../src/errors.ts'
import { freePort } from '../../src/store/embedded/launch.ts'
import { StoreError } from '../../src/store/error.ts'
import { openStore, type Store } from '../../src/store/postgres.ts'
import { storeUnavailable } from '../../src/store/unavailable.ts'
import { createFakeClock } from '../support/clock.ts'
import { recordingLog, silent } from '../support/log.ts'
import { testDatabase } from '../support/postgres.ts'

/** Ends every other session of the database, as a restart of the server does. */
const endSessions = ({ sql }: Store) =>
  sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`

const namesIn = async ({ sql }: Store) => {
  const rows = await sql<{ name: string }[]>`select name from users order by name`
  return rows.map(({ name }) => name)
}

/** Ends the session of one transaction only, from outside. */
async function endSession(t: TestContext, url: string, pid: number) {
  const other = await openStore({ url, log: silent })
  t.after(() => other.close())
  await other.sql`select pg_terminate_backend(${pid})`
}

test('values come back as the types they stand for', async t => {
  const { store } = await testDatabase(t)
  const at = new Date('2026-11-21T08:00:00.123Z')
  const [row] = await store.sql`
    select 9007199254740991::bigint as safe, ${at}::timestamptz as at, ${store.sql.json({ a: [1, null] })} as json,
      '10.0.0.0/24'::cidr as subnet, ${['x', 'y']}::text[] as list, ${Buffer.from([0, 255])}::bytea as bytes,
      current_setting('application_name') as application, null as nothing`
  assert.deepEqual(row, {
    safe: Number.MAX_SAFE_INTEGER,
    at,
    json: { a: [1, null] },
    subnet: '10.0.0.0/24',
    list: ['x', 'y'],
    bytes: Buffer.from([0, 255]),
    application: 'kindgate',
    nothing: null,
  })
})

test('arrays come back as they were given', async t => {
  const { store } = await testDatabase(t)
  const texts = ['plain', 'with "quotes"', 'back\\slash', 'a,b', '{}', '', 'null', ' ', null]
  const ids = [randomUUID(), randomUUID()]
  const [row] = await store.sql`
    select ${texts}::text[] as texts, ${ids}::uuid[] as ids, ${[1, -2]}::int[] as numbers, ${[2 ** 40]}::bigint[] as large,
      ${[]}::text[] as empty, array[['a', 'b'], ['c', 'd']] as nested, ${ids[0] ?? ''}::uuid = any(${ids}::uuid[]) as found`
  assert.deepEqual(row, {
    texts,
    ids,
    numbers: [1, -2],
    large: [2 ** 40],
    empty: [],
    nested: [
      ['a', 'b'],
      ['c', 'd'],
    ],
    found: true,
  })
})

test('a bigint that no number holds is an error, and the connection can still be used', async t => {
  const { store } = await testDatabase(t)
  await assert.rejects(store.sql`select 9007199254740993::bigint as big`, RangeError)
  assert.deepEqual([...(await store.sql`select 1 as one`)], [{ one: 1 }])
})

test('a transaction commits all or nothing, and gives its result', async t => {
  const { store } = await testDatabase(t)
  const result = await store.transaction(async sql => {
    await sql`insert into users (name) values ('ann')`
    return ['ann']
  })
  assert.deepEqual(result, ['ann'])
  const mistake = new Error('mine')
  await assert.rejects(
    store.transaction(async sql => {
      await sql`insert into users (name) values ('bob')`
      throw mistake
    }),
    mistake,
  )
  await assert.rejects(
    store.transaction(async sql => {
      await sql`insert into users (name) values ('cid')`
      await sql`insert into users (name) values ('ann')`
    }),
    { code: '23505' },
  )
  assert.deepEqual(await namesIn(store), ['ann'])
})

for (const state of ['40001', '40P01'])
  test(`a transaction that fails with ${state} is run again, five times at most`, async t => {
    const { url } = await testDatabase(t)
    const clock = createFakeClock()
    const store = await openStore({ url, log: silent, clock })
    t.after(() => store.close())
    const failing = (times: number) => {
      let runs = 0
      const work = store.transaction(async sql => {
        runs++
        await sql`insert into users (name) values (${`user ${times}`})`
        if (runs <= times) await sql.unsafe(`do $$ begin raise sqlstate '${state}'; end $$`)
        return runs
      })
      return clock.run(work.catch(error => ({ code: error.code, runs })))
    }
    assert.equal(await failing(4), 5)
    assert.deepEqual(await failing(5), { code: state, runs: 5 })
    assert.deepEqual(await namesIn(store), ['user 4'])
  })

test('transactions that lock each other out both succeed', async t => {
  const { store } = await testDatabase(t)
  await store.sql`insert into users (name) values ('a'), ('b')`
  const met = Promise.withResolvers<void>()
  let waiting = 0
  const touch = (first: string, second: string) =>
    store.transaction(async sql => {
      await sql`update users set email = ${`${first}@${first}`} where name = ${first}`
      if (++waiting === 2) met.resolve()
      await met.promise
      await sql`update users set email = ${`${second}@${first}`} where name = ${second}`
      return first
    })
  assert.deepEqual(await Promise.all([touch('a', 'b'), touch('b', 'a')]), ['a', 'b'])
})

test('a connection that is lost under a transaction fails it alone, whatever its work does then', async t => {
  const { url, store } = await testDatabase(t)
  const throwing = async () => {
    throw new Error('mine')
  }
  const endings: ((sql: Parameters<Parameters<Store['transaction']>[0]>[0]) => Promise<unknown>)[] = [
    throwing,
    async () => 'done',
    sql => sql`insert into users (name) values ('late')`,
    async sql => {
      await sql`select 1`.catch(() => {})
      return sql`select 1`.catch(() => {})
    },
  ]
  for (const ending of endings) {
    const lost = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    const work = store.transaction(async sql => {
      const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
      await endSession(t, url, row?.pid ?? 0)
      await lost.promise
      try {
        return await ending(sql)
      } finally {
        ended.resolve()
      }
    })
    await assert.rejects(work, (error: unknown) => error instanceof GatewayError && error.code === 'Unavailable')
    lost.resolve()
    await ended.promise
    await store.ping()
  }
  assert.deepEqual(await namesIn(store), [])
})

test('a statement that is cut off by the server fails its transaction as unavailable', async t => {
  const { url, store } = await testDatabase(t)
  const work = store.transaction(async sql => {
    const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
    const cut = sql`select pg_sleep(60)`.execute()
    await Promise.all([cut, endSession(t, url, row?.pid ?? 0)])
  })
  await assert.rejects(work, { code: 'Unavailable' })
  await store.ping()
})

test('statements after the loss of every connection connect anew', async t => {
  const { store } = await testDatabase(t)
  await Promise.all(Array.from({ length: 20 }, () => store.sql`select pg_sleep(0.01)`))
  await endSessions(store)
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => store.sql`select 1`))
  for (const result of results) if (result.status === 'rejected') assert.equal(storeUnavailable(result.reason), true)
  await store.ping()
})

test('errors of statements are not taken for a lost connection', async t => {
  const { store } = await testDatabase(t)
  const failures = await Promise.allSettled([
    store.sql`select 1 / 0`,
    store.sql`insert into users (name) values ('')`,
    store.sql`select nothing`,
  ])
  for (const failure of failures) assert.equal(failure.status === 'rejected' && storeUnavailable(failure.reason), false)
})

test('a closed store refuses statements as unavailable', async t => {
  const { url } = await testDatabase(t)
  const store = await openStore({ url, log: silent })
  await store.close()
  await assert.rejects(store.ping(), { code: 'Unavailable' })
  await assert.rejects(
    store.transaction(sql => sql`select 1`),
    { code: 'Unavailable' },
  )
})

test('a database that does not answer is waited for, then named without its password', async () => {
  const clock = createFakeClock()
  const log = recordingLog()
  const url = `postgres://me:secret@127.0.0.1:${await freePort()}/mine`
  await assert.rejects(clock.run(openStore({ url, log, clock, patience: 1000 })), (error: unknown) => {
    assert.ok(error instanceof StoreError)
    assert.match(error.message, /127\.0\.0\.1:\d+\/mine does not answer/)
    assert.doesNotMatch(error.message, /secret/)
    return true
  })
  assert.equal(log.entries.filter(({ text }) => text.includes('waiting for the database')).length, 1)
  assert.ok(!JSON.stringify(log.entries).includes('secret'))
})

test('a database that refuses the credentials is reported at once', async t => {
  const { url } = await testDatabase(t)
  const wrong = new URL(url)
  wrong.password = 'wrong'
  await assert.rejects(openStore({ url: wrong.href, log: silent }), (error: unknown) => {
    assert.ok(error instanceof StoreError)
    assert.match(error.message, /cannot use the database .*password authentication failed/)
    return true
  })
})

test('an address that is none is refused', async () => {
  await assert.rejects(openStore({ url: 'postgres://:::', log: silent }), StoreError)
})

test('a server older than 14 is refused', async t => {
  const { url, store } = await testDatabase(t)
  const name = new URL(url).pathname.slice(1)
  await store.sql`create schema old`
  await store.sql`create function old.current_setting(text) returns text language sql as $$ select '130022' $$`
  await store.sql`alter database ${store.sql(name)} set search_path = old, pg_catalog`
  await assert.rejects(openStore({ url, log: silent }), (error: unknown) => {
    assert.ok(error instanceof StoreError)
    assert.match(error.message, /runs Postgres 13; kindgate needs 14 or later/)
    return true
  })
})
