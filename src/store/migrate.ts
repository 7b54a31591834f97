import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { StoreError } from './error.ts'
import { locks } from './locks.ts'
import type { Store } from './postgres.ts'
import { storeUnavailable } from './unavailable.ts'

interface Migration {
  number: number
  name: string
  sha256: string
  text: string
}

type Applied = Omit<Migration, 'text'>

export interface MigrateOptions {
  log: Log
  /** Where the files are, `NNN-what.sql` each. */
  folder?: string
}

/**
 * Brings the database to this program's schema: applies what is not applied yet, in order, each file in a transaction
 * of its own. Several may do so at once; each file is applied once. Rejects with StoreError, and changes nothing more,
 * when a file fails, when an applied file was changed or is missing, when numbers clash, and when the database is newer
 * than the program.
 */
export async function migrate(store: Store, { log, folder = defaultFolder() }: MigrateOptions): Promise<void> {
  const known = await readMigrations(folder)
  for (;;) {
    const applied = await applyNext(store, known)
    if (applied === undefined) return
    log.info({ migration: applied.name }, 'migrated the database')
  }
}

function defaultFolder(): string {
  return path.join(import.meta.dirname, '../../migrations')
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.sql')).sort()
  const migrations = await Promise.all(
    names.map(async name => {
      const number = Number(/^(\d{3})-[a-z0-9-]+\.sql$/.exec(name)?.[1])
      if (!(number > 0)) throw new StoreError(`the migration ${name} is not named NNN-what.sql`)
      // A checkout may have turned the line ends.
      const text = (await readFile(path.join(folder, name), 'utf8')).replaceAll('\r\n', '\n')
      return { number, name, sha256: createHash('sha256').update(text).digest('hex'), text }
    }),
  )
  for (const [index, { number, name }] of migrations.entries()) {
    const before = migrations[index - 1]
    if (before?.number === number) throw new StoreError(`the migrations ${before.name} and ${name} have one number`)
  }
  return migrations
}

async function applyNext(store: Store, known: Migration[]): Promise<Migration | undefined> {
  return store.transaction(async sql => {
    await sql`set local statement_timeout = 0`
    await sql`select pg_advisory_xact_lock(${locks.migrations[0]}, ${locks.migrations[1]})`
    await sql`
      create table if not exists migrations (
        number int primary key, name text not null, sha256 text not null, applied_at timestamptz not null default now())`
    const applied = await sql<Applied[]>`select number, name, sha256 from migrations order by number`
    const next = nextOf(known, applied)
    if (next === undefined) return undefined
    try {
      await sql.unsafe(next.text)
    } catch (error) {
      if (storeUnavailable(error)) throw error
      throw new StoreError(`the migration ${next.name} failed: ${messageOf(error)}`, { cause: error })
    }
    await sql`insert into migrations ${sql(next, 'number', 'name', 'sha256')}`
    return next
  })
}

/** The first file that is not applied yet. Throws StoreError when what is applied is not what the files are. */
function nextOf(known: Migration[], applied: Applied[]): Migration | undefined {
  for (const row of applied) {
    const file = known.find(({ number }) => number === row.number)
    if (file === undefined) {
      const last = known.at(-1)
      if (last && last.number > row.number) throw new StoreError(`the applied migration ${row.name} is missing`)
      throw new StoreError(
        `the database is newer than this program: it has ${row.name}, this program ends at ${last?.name ?? 'nothing'}`,
      )
    }
    if (file.name !== row.name)
      throw new StoreError(`the migration ${file.name} has the number of ${row.name}, which is applied`)
    if (file.sha256 !== row.sha256)
      throw new StoreError(`the migration ${row.name} was changed after it was applied; make a new one instead`)
  }
  const next = known.find(({ number }) => !applied.some(row => row.number === number))
  const last = applied.at(-1)
  if (next && last && next.number < last.number)
    throw new StoreError(`the migration ${next.name} comes before ${last.name}, which is applied`)
  return next
}
