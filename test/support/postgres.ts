import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import postgres from 'postgres'
import { systemClock } from '../../src/clock.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openStore, type Store } from '../../src/store/postgres.ts'
import { silent } from './log.ts'

/** A server for tests: who may make databases there, and a migrated one to copy. */
export interface TestServer {
  url: string
  template: string
}

/** Folders of tests carry the process that made them. */
const folderName = /^kindgate tést-(\d+)-/

/**
 * Gives a test a fresh database with the schema of `migrations/`, or an empty one, and drops it after the test. It is on
 * the server of TEST_DATABASE_URL, else on that of the test run (`globalSetup.ts`), else on one of this process, which
 * ends with its tests.
 */
export async function testDatabase(
  t: { after(work: () => Promise<void>): void },
  { empty = false } = {},
): Promise<{ url: string; store: Store }> {
  const { url: adminUrl, template } = await sharedServer()
  const name = `kindgate_test_${randomBytes(6).toString('hex')}`
  await administer(adminUrl, sql => sql`create database ${sql(name)} template ${sql(empty ? 'template0' : template)}`)
  const drop = () => administer(adminUrl, sql => sql`drop database if exists ${sql(name)} with (force)`)
  const url = urlOf(adminUrl, name)
  try {
    const store = await openStore({ url, log: silent })
    t.after(async () => {
      await store.close()
      await drop()
    })
    return { url, store }
  } catch (error) {
    await drop()
    throw error
  }
}

/** Starts a server for tests, or uses that of TEST_DATABASE_URL; `stop` leaves nothing behind. */
export async function startTestServer(): Promise<TestServer & { stop(): Promise<void> }> {
  const external = process.env.TEST_DATABASE_URL
  const { url, stop } = external ? { url: external, stop: async () => {} } : await startTemporary()
  const template = `kindgate_template_${randomBytes(6).toString('hex')}`
  try {
    await administer(url, sql => sql`create database ${sql(template)} template template0`)
    const store = await openStore({ url: urlOf(url, template), log: silent })
    await migrate(store, { log: silent })
    await store.close()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url,
    template,
    async stop() {
      await administer(url, sql => sql`drop database ${sql(template)} with (force)`)
      await stop()
    },
  }
}

/** A folder for a test, removed after it. Its path has a space and other letters; others may pass through. */
export async function temporaryFolder(t: { after(work: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(folderPrefix())
  await chmod(folder, 0o711)
  t.after(() => remove(folder))
  return folder
}

function folderPrefix(): string {
  return path.join(os.tmpdir(), `kindgate tést-${process.pid}-`)
}

async function startTemporary() {
  await removeAbandoned()
  const folder = await mkdtemp(folderPrefix())
  await chmod(folder, 0o711)
  try {
    const server = await startEmbeddedPostgres({ dataDir: folder, log: silent })
    // What tests write need not outlive a power cut.
    await administer(server.url, async sql => {
      for (const name of ['fsync', 'synchronous_commit', 'full_page_writes'])
        await sql.unsafe(`alter system set ${name} = off`)
      await sql`select pg_reload_conf()`
    })
    return {
      url: server.url,
      async stop() {
        await server.stop()
        await remove(folder)
      },
    }
  } catch (error) {
    await remove(folder)
    throw error
  }
}

/** Ends servers of test processes that were killed, and removes their folders. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(os.tmpdir())) {
    const pid = Number(folderName.exec(name)?.[1])
    if (!pid || isAlive(pid)) continue
    const folder = path.join(os.tmpdir(), name)
    for (let left = programsIn(folder); left.length > 0; left = programsIn(folder)) {
      for (const program of left) for (const signal of ['SIGQUIT', 'SIGCONT'] as const) send(program, signal)
      await systemClock.sleep(50)
    }
    await remove(folder)
  }
}

/** Servers, and what makes their data. `ps` may show other letters of the path in its own way, so its end has to do. */
function programsIn(folder: string): number[] {
  const all = execFileSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' })
  const end = folder.slice(folder.lastIndexOf('-', folder.lastIndexOf('-') - 1))
  return all.split('\n').flatMap(line => {
    const [program = '', argument = ''] = line.split(`${end}/`)
    return argument && /\/(postgres -D|initdb --pgdata)/.test(program) ? [Number.parseInt(line, 10)] : []
  })
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended.
  }
}

/** What was told to end may still write for a moment. */
function remove(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const started: { server?: Promise<TestServer & { stop(): Promise<void> }> } = {}

async function sharedServer(): Promise<TestServer> {
  const { TEST_SERVER_URL: url, TEST_SERVER_TEMPLATE: template } = process.env
  if (url && template) return { url, template }
  started.server ??= startTestServer()
  return started.server
}

after(async () => {
  const server = await started.server
  await server?.stop()
})

async function administer(url: string, work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} })
  try {
    await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

function urlOf(adminUrl: string, database: string): string {
  const url = new URL(adminUrl)
  url.pathname = `/${database}`
  return url.href
}
