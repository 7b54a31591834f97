import { randomBytes } from 'node:crypto'
import { chown, link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { messageOf } from '../../errors.ts'
import { StoreError } from '../error.ts'
import { codeOf } from '../unavailable.ts'
import type { Binaries } from './binaries.ts'
import type { Identity } from './identity.ts'
import { run } from './run.ts'

/** The superuser of the embedded server, and the database that it uses. */
export const user = 'kindgate'
export const database = 'postgres'

/** Where the embedded server keeps what, all under DATA_DIR. */
export interface Places {
  root: string
  data: string
  password: string
  log: string
}

export function placesIn(dataDir: string): Places {
  const root = path.resolve(dataDir)
  return {
    root,
    data: path.join(root, 'postgres'),
    password: path.join(root, 'postgres.password'),
    log: path.join(root, 'postgres.log'),
  }
}

/** Makes DATA_DIR where it is not there. Others may pass through, as the server's user must; what is in it is closed. */
export async function makeRoot({ root }: Places): Promise<void> {
  try {
    await mkdir(root, { recursive: true, mode: 0o711 })
    await readdir(root)
  } catch (error) {
    throw new StoreError(`cannot use DATA_DIR: ${messageOf(error)}`)
  }
}

/** The server's password: 43 characters of base64url, made once. Never seen half written, whoever else makes it. */
export async function readPassword({ root, password }: Places): Promise<string> {
  try {
    return await readFile(password, 'utf8')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw new StoreError(`cannot read the database's password: ${messageOf(error)}`)
  }
  const draft = `${password}-${process.pid}`
  await rm(draft, { force: true })
  const file = await open(draft, 'wx', 0o600)
  await file.writeFile(randomBytes(32).toString('base64url'))
  await file.sync()
  await file.close()
  await link(draft, password).catch(error => {
    if (codeOf(error) !== 'EEXIST') throw error
  })
  await rm(draft)
  await syncFolder(root)
  return readFile(password, 'utf8')
}

export interface DataOptions {
  places: Places
  binaries: Binaries
  identity: Identity
  password: string
}

/**
 * Makes the server's data where there is none. It is made beside its place, brought to the disk and renamed, so that a
 * kill or a power cut at any time leaves either nothing or all of it; what is left beside goes. Resolves with whether
 * it was made.
 */
export async function initialise({ places, binaries, identity, password }: DataOptions): Promise<boolean> {
  await removeLeftovers(places)
  if (await isInitialised(places)) return false
  const draft = `${places.data}.initdb-${process.pid}`
  try {
    await mkdir(draft, { mode: 0o700 })
    const passwordFile = path.join(draft, 'password')
    const file = await open(passwordFile, 'wx', 0o600)
    await file.writeFile(password)
    await file.close()
    await chown(passwordFile, identity.uid, identity.gid)
    await chown(draft, identity.uid, identity.gid)
    const made = path.join(draft, 'data')
    const { code, output } = await run(identity.command(binaries.initdb, initdbArguments(made, passwordFile)))
    if (code !== 0)
      throw new StoreError(
        `initdb failed (${output}). Where the embedded Postgres does not run, set DATABASE_URL to a Postgres 14 or later`,
      )
    await rename(made, places.data).catch(async error => {
      if (!(await isInitialised(places))) throw error
    })
    await syncFolder(places.root)
  } finally {
    await remove(draft)
  }
  return true
}

/** Sets the superuser's password anew, for data whose password is not the one in its file. The server must be stopped. */
export async function resetPassword({ places, binaries, identity, password }: DataOptions): Promise<void> {
  const { code, output } = await run(identity.command(binaries.postgres, ['--single', '-D', places.data, database]), {
    input: `alter role ${user} password '${password.replaceAll("'", "''")}'\n`,
  })
  if (code !== 0) throw new StoreError(`cannot set the database's password: ${output}`)
}

function initdbArguments(data: string, passwordFile: string): string[] {
  return [
    `--pgdata=${data}`,
    `--username=${user}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--no-locale',
    '--no-instructions',
    // Segments of 4 MiB instead of 16 MiB: less to write, and less to bring to the disk.
    '--wal-segsize=4',
    // One call for the whole file system instead of one for each of a thousand files.
    ...(process.platform === 'linux' ? ['--sync-method=syncfs'] : []),
  ]
}

async function isInitialised({ data }: Places): Promise<boolean> {
  const has = (file: string) =>
    stat(file).then(
      () => true,
      error => {
        if (codeOf(error) === 'ENOENT') return false
        throw new StoreError(`cannot read the database's folder: ${messageOf(error)}`)
      },
    )
  if (await has(path.join(data, 'PG_VERSION'))) return true
  if ((await has(data)) && (await readdir(data)).length > 0)
    throw new StoreError(`${data} holds something that is not a Postgres database; move it away or set DATA_DIR`)
  return false
}

/** Removes what a killed gateway left. What belongs to a process that still lives may be another gateway's work. */
async function removeLeftovers({ root, data, password }: Places): Promise<void> {
  for (const name of await readdir(root)) {
    const found = /^(.+?)(?:\.initdb)?-(\d+)$/.exec(name)
    if (!found || ![path.basename(data), path.basename(password)].includes(found[1] ?? '')) continue
    const pid = Number(found[2])
    if (pid === process.pid || !isAlive(pid)) await remove(path.join(root, name))
  }
}

/** An initdb that outlived its gateway may still write there; it fails once its folder is gone. */
function remove(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
