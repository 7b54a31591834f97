import assert from 'node:assert/strict'
import net from 'node:net'
import test, { type TestContext } from 'node:test'
import { StoreError } from '../../src/store/error.ts'
import { holdExclusively } from '../../src/store/exclusive.ts'
import { locks } from '../../src/store/locks.ts'
import { openStore, type Store } from '../../src/store/postgres.ts'
import { createFakeClock } from '../support/clock.ts'
import { recordingLog, silent } from '../support/log.ts'
import { testDatabase } from '../support/postgres.ts'

const never = new AbortController().signal
const unexpected = () => assert.fail('the database was lost')

async function open(t: TestContext, url: string): Promise<Store> {
  const store = await openStore({ url, log: silent })
  t.after(() => store.close())
  return store
}

/** A log, and when it says that the database is held again. */
function watchedLog() {
  const again = Promise.withResolvers<void>()
  const log = recordingLog(text => {
    if (text.includes('holds the database again')) again.resolve()
  })
  return { log, again: again.promise }
}

const holderIn = async ({ sql }: Store) => {
  const [row] = await sql<{ pid: number }[]>`
    select pid from pg_locks join pg_database on pg_database.oid = pg_locks.database
    where locktype = 'advisory' and granted and datname = current_database()
      and classid = ${locks.gateway[0]} and objid = ${locks.gateway[1]}`
  return row?.pid
}

test('a second gateway waits ten seconds, then is refused and told who holds the database', async t => {
  const { url, store } = await testDatabase(t)
  const first = await holdExclusively(store, { signal: never, log: silent, onLost: unexpected })
  const clock = createFakeClock()
  const begun = clock.now()
  const second = await open(t, url)
  await assert.rejects(
    clock.run(holdExclusively(second, { signal: never, log: silent, clock, onLost: unexpected })),
    (error: unknown) => {
      assert.ok(error instanceof StoreError)
      assert.match(error.message, /another gateway uses this database \(connected from .+ since 2/)
      return true
    },
  )
  assert.equal(clock.now() - begun, 10_000)
  await first.release()
})

test('a released database can be held by another at once', async t => {
  const { url, store } = await testDatabase(t)
  const first = await holdExclusively(store, { signal: never, log: silent, onLost: unexpected })
  await first.release()
  await first.release()
  const clock = createFakeClock()
  const begun = clock.now()
  const second = await clock.run(
    holdExclusively(await open(t, url), { signal: never, log: silent, clock, onLost: unexpected }),
  )
  assert.equal(clock.now(), begun)
  await clock.run(second.release())
})

test('a waiting gateway gets the database when the first lets it go', async t => {
  const { url, store } = await testDatabase(t)
  const first = await holdExclusively(store, { signal: never, log: silent, onLost: unexpected })
  const waiting = holdExclusively(await open(t, url), { signal: never, log: silent, onLost: unexpected })
  await first.release()
  const second = await waiting
  assert.notEqual(await holderIn(store), undefined)
  await second.release()
  assert.equal(await holderIn(store), undefined)
})

test('the signal ends the waiting, and lets the database go', async t => {
  const { url, store } = await testDatabase(t)
  const [holding, waiting] = [new AbortController(), new AbortController()]
  const first = await holdExclusively(store, { signal: holding.signal, log: silent, onLost: unexpected })
  const second = holdExclusively(await open(t, url), { signal: waiting.signal, log: silent, onLost: unexpected })
  waiting.abort(new Error('enough'))
  await assert.rejects(second, /enough/)
  holding.abort()
  await first.release()
  assert.equal(await holderIn(store), undefined)
})

test('a gateway whose connection ends takes the database again', async t => {
  const { store } = await testDatabase(t)
  const { log, again } = watchedLog()
  const held = await holdExclusively(store, { signal: never, log, onLost: unexpected })
  const before = await holderIn(store)
  await store.sql`select pg_terminate_backend(${before ?? 0})`
  await again
  const after = await holderIn(store)
  assert.ok(after)
  assert.notEqual(after, before)
  await held.release()
})

test('a gateway whose connection the server still takes for alive ends that session and takes the database', async t => {
  const { url, store } = await testDatabase(t)
  const proxy = await startProxy(t, url)
  const { log, again } = watchedLog()
  const held = await holdExclusively(await open(t, proxy.url), { signal: never, log, onLost: unexpected })
  const before = await holderIn(store)
  proxy.dropClients()
  await again
  assert.notEqual(await holderIn(store), before)
  await held.release()
})

test('a gateway that loses the database to another is told so, once', async t => {
  const { url, store } = await testDatabase(t)
  const lost = Promise.withResolvers<void>()
  let times = 0
  const held = await holdExclusively(store, {
    signal: never,
    log: silent,
    onLost() {
      times++
      lost.resolve()
    },
  })
  const other = (await open(t, url)).dedicated({ onClose() {} })
  const queued = other`select pg_advisory_lock(${locks.gateway[0]}, ${locks.gateway[1]})`.execute()
  const waits = () => store.sql`select 1 from pg_locks where locktype = 'advisory' and not granted`
  while ((await waits()).length === 0);
  await store.sql`select pg_terminate_backend(${(await holderIn(store)) ?? 0})`
  await queued
  await lost.promise
  await held.release()
  assert.equal(times, 1)
})

/** Passes connections on; `dropClients` ends the clients' side and leaves the server's open. */
async function startProxy(t: TestContext, url: string) {
  const target = new URL(url)
  const clients = new Set<net.Socket>()
  const upstreams = new Set<net.Socket>()
  const server = net.createServer(client => {
    const upstream = net.connect(Number(target.port || 5432), target.hostname)
    clients.add(client)
    upstreams.add(upstream)
    client.on('data', chunk => upstream.write(chunk))
    upstream.on('data', chunk => client.write(chunk))
    for (const socket of [client, upstream]) socket.on('error', () => {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    for (const socket of [...clients, ...upstreams]) socket.destroy()
    await new Promise(resolve => server.close(resolve))
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the proxy does not listen')
  const through = new URL(url)
  through.host = `127.0.0.1:${address.port}`
  return {
    url: through.href,
    dropClients() {
      for (const client of clients) client.destroy()
      clients.clear()
    },
  }
}
