import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import { type Change, listenForChanges } from '../../src/store/changes.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded.ts'
import { StoreError } from '../../src/store/error.ts'
import { holdExclusively } from '../../src/store/exclusive.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/postgres.ts'
import { storeUnavailable } from '../../src/store/unavailable.ts'
import { createFakeClock } from '../support/clock.ts'
import { recordingLog, silent } from '../support/log.ts'
import { temporaryFolder } from '../support/postgres.ts'
import { runs, serverOf, until } from './support/processes.ts'

test('a server that dies is started again under the same url, and all that used it goes on', async t => {
  const dataDir = path.join(await temporaryFolder(t), 'data')
  const log = recordingLog()
  const server = await startEmbeddedPostgres({ dataDir, log })
  t.after(() => server.stop())
  const store = await openStore({ url: server.url, log })
  t.after(() => store.close())
  await migrate(store, { log })
  const held = await holdExclusively(store, {
    signal: t.signal,
    log,
    onLost: () => assert.fail('nobody else is there'),
  })
  const changes: Change[] = []
  let resyncs = 0
  const listener = await listenForChanges(store, {
    log,
    onChange: change => changes.push(change),
    onResync: () => resyncs++,
  })
  await store.sql`insert into users (name) values ('before')`

  const inTransaction = Promise.withResolvers<void>()
  const crashed = Promise.withResolvers<void>()
  const cut = store.transaction(async sql => {
    await sql`insert into users (name) values ('cut')`
    inTransaction.resolve()
    await crashed.promise
    await sql`insert into users (name) values ('late')`
  })
  const cutEnds = assert.rejects(cut, { code: 'Unavailable' })
  await inTransaction.promise
  const pid = serverOf(dataDir)
  process.kill(pid, 'SIGKILL')
  await cutEnds
  crashed.resolve()

  await until(() => resyncs === 2)
  await until(() => log.entries.some(({ text }) => text.includes('holds the database again')))
  assert.equal(runs(pid), false)
  assert.notEqual(serverOf(dataDir), pid)
  await until(() =>
    store.ping().then(
      () => true,
      () => false,
    ),
  )
  await store.sql`insert into users (name) values ('after')`
  await until(() => changes.some(({ id }) => id === 'after'))
  assert.deepEqual(
    changes.map(({ id }) => id),
    ['before', 'after'],
  )
  const names = await store.sql<{ name: string }[]>`select name from users order by name`
  assert.deepEqual(
    names.map(({ name }) => name),
    ['after', 'before'],
  )

  const other = await openStore({ url: server.url, log: silent })
  t.after(() => other.close())
  const clock = createFakeClock()
  await assert.rejects(
    clock.run(holdExclusively(other, { signal: t.signal, log: silent, clock, onLost() {} })),
    StoreError,
  )
  await listener.close()
  await held.release()
})

test('a backend that crashes takes every session with it, and the server comes back by itself', async t => {
  const dataDir = path.join(await temporaryFolder(t), 'data')
  const server = await startEmbeddedPostgres({ dataDir, log: silent })
  t.after(() => server.stop())
  const store = await openStore({ url: server.url, log: silent })
  t.after(() => store.close())
  const pid = serverOf(dataDir)
  const [backend] = await store.sql<{ pid: number }[]>`select pg_backend_pid() as pid`
  process.kill(backend?.pid ?? 0, 'SIGKILL')
  const failure = await store.sql`select pg_sleep(60)`.then(
    () => undefined,
    error => error,
  )
  assert.equal(storeUnavailable(failure), true)
  await until(() =>
    store.ping().then(
      () => true,
      () => false,
    ),
  )
  assert.equal(serverOf(dataDir), pid)
})
