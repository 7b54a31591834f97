import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import test, { type TestContext } from 'node:test'
import { type Change, listenForChanges } from '../../src/store/changes.ts'
import { openStore, type Store } from '../../src/store/postgres.ts'
import { recordingLog, silent } from '../support/log.ts'
import { testDatabase } from '../support/postgres.ts'

/** Listens, and gives what came so far once a marker that was sent after it has come. */
async function listen(t: TestContext, store: Store, log = silent) {
  const seen: (Change | 'resync')[] = []
  let arrived = Promise.withResolvers<void>()
  const add = (what: Change | 'resync') => {
    seen.push(what)
    arrived.resolve()
    arrived = Promise.withResolvers()
  }
  const listener = await listenForChanges(store, { log, onChange: add, onResync: () => add('resync') })
  t.after(() => listener.close())
  const holds = async (condition: () => boolean) => {
    while (!condition()) await arrived.promise
  }
  return {
    listener,
    holds,
    seen,
    async upToNow() {
      const marker = `marker ${randomUUID()}`
      await store.sql`insert into users (name) values (${marker})`
      await holds(() => seen.some(each => each !== 'resync' && each.id === marker))
      return seen.splice(0).filter(each => each === 'resync' || !each.id.startsWith('marker'))
    },
  }
}

test('every change of a row is reported once it is committed, in order', async t => {
  const { store } = await testDatabase(t)
  const { sql } = store
  const { upToNow } = await listen(t, store)
  assert.deepEqual(await upToNow(), ['resync'])
  const [token, cluster, node, operation] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  await sql`insert into users (name) values ('ann')`
  await sql`insert into tokens (id, user_name, name, hash) values (${token}, 'ann', 'cli', ${randomBytes(32)})`
  await store.transaction(async tx => {
    await tx`
      insert into clusters (id, runtime, name, owner, image, domain, subnet, api_host, api_port)
      values (${cluster}, 'docker', 'alex', 'ann', 'kindest/node:v1.34.4', 'localhost', '172.28.0.0/24', '127.0.0.1', 20000)`
    await tx`
      insert into nodes (id, cluster_id, name, role, address)
      values (${node}, ${cluster}, 'control-1.localhost', 'control-plane', '172.28.0.2')`
  })
  await sql`
    insert into operations (id, runtime, action, kind, name, cluster_id, cluster_name, owner)
    values (${operation}, 'docker', 'createCluster', 'cluster', 'alex', ${cluster}, 'alex', 'ann')`
  await sql`update nodes set running = false where id = ${node}`
  await sql`update operations set state = 'succeeded', finished_at = now() where id = ${operation}`
  await sql`delete from clusters where id = ${cluster}`
  await sql`delete from users where name = 'ann'`
  assert.deepEqual(await upToNow(), [
    { table: 'users', id: 'ann', op: 'insert' },
    { table: 'tokens', id: token, op: 'insert' },
    { table: 'clusters', id: cluster, op: 'insert' },
    { table: 'nodes', id: node, clusterId: cluster, op: 'insert' },
    { table: 'operations', id: operation, op: 'insert' },
    { table: 'nodes', id: node, clusterId: cluster, op: 'update' },
    { table: 'operations', id: operation, op: 'update' },
    { table: 'clusters', id: cluster, op: 'delete' },
    { table: 'nodes', id: node, clusterId: cluster, op: 'delete' },
    { table: 'users', id: 'ann', op: 'delete' },
    { table: 'tokens', id: token, op: 'delete' },
  ])
})

test('what is rolled back, and an update that changes nothing, is not reported', async t => {
  const { store } = await testDatabase(t)
  await store.sql`insert into users (name) values ('ann')`
  const { upToNow } = await listen(t, store)
  await upToNow()
  await store.sql`update users set admin = false where name = 'ann'`
  await assert.rejects(
    store.transaction(async sql => {
      await sql`update users set admin = true where name = 'ann'`
      throw new Error('mine')
    }),
    /mine/,
  )
  assert.deepEqual(await upToNow(), [])
})

test('after a loss of its connection a listener is told to read anew, and hears what comes then', async t => {
  const { url, store } = await testDatabase(t)
  const { holds, seen, upToNow } = await listen(t, store)
  await upToNow()
  const other = await openStore({ url, log: silent })
  t.after(() => other.close())
  await other.sql`
    select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
  await other.sql`insert into users (name) values ('missed')`
  await holds(() => seen.includes('resync'))
  seen.length = 0
  await other.sql`insert into users (name) values ('heard')`
  await holds(() => seen.length > 0)
  assert.deepEqual(seen, [{ table: 'users', id: 'heard', op: 'insert' }])
})

for (const payload of [
  '',
  'not JSON',
  '{}',
  '{"table":"secrets","id":"1","op":"insert"}',
  '{"table":"users","id":"1","op":"insert","more":1}',
])
  test(`a notification that is not ours makes the listener read anew: ${payload}`, async t => {
    const { store } = await testDatabase(t)
    const log = recordingLog()
    const { upToNow } = await listen(t, store, log)
    await upToNow()
    await store.sql`select pg_notify('kindgate', ${payload})`
    assert.deepEqual(await upToNow(), ['resync'])
    assert.equal(log.entries.filter(({ level }) => level === 'warn').length, 1)
  })

test('a callback that throws is logged and does not end the listening', async t => {
  const { store } = await testDatabase(t)
  const log = recordingLog()
  const heard: string[] = []
  const both = Promise.withResolvers<void>()
  const listener = await listenForChanges(store, {
    log,
    onChange({ id }) {
      heard.push(id)
      if (heard.length === 2) both.resolve()
      throw new Error('mine')
    },
    onResync() {},
  })
  t.after(() => listener.close())
  await store.sql`insert into users (name) values ('ann')`
  await store.sql`insert into users (name) values ('bob')`
  await both.promise
  assert.deepEqual(heard, ['ann', 'bob'])
  assert.equal(log.entries.filter(({ level }) => level === 'error').length, 2)
})

test('a closed listener hears nothing more', async t => {
  const { store } = await testDatabase(t)
  const closed = await listen(t, store)
  const open = await listen(t, store)
  await closed.upToNow()
  await closed.listener.close()
  await closed.listener.close()
  await store.sql`insert into users (name) values ('ann')`
  await open.upToNow()
  assert.deepEqual(closed.seen, [])
})
