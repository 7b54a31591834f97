import { spawn } from 'node:child_process'
import { type FileHandle, open, rename } from 'node:fs/promises'
import net from 'node:net'
import { messageOf } from '../../errors.ts'
import type { Binaries } from './binaries.ts'
import type { Places } from './data.ts'
import type { Identity } from './identity.ts'
import { spawnOptions } from './run.ts'

export interface Launched {
  pid: number
  /** Resolves when the server has ended, with what it logged since its start. */
  ended: Promise<string>
}

export interface LaunchOptions {
  places: Places
  binaries: Binaries
  identity: Identity
  port: number
  /** Process id in a lock file that is known to be stale. */
  stalePid?: number | undefined
}

const settings = {
  listen_addresses: '127.0.0.1',
  // A socket's path may be too long where the clone lies deep.
  unix_socket_directories: '',
  shared_buffers: '64MB',
  // Shared memory that a kill leaves behind stays inside the data folder.
  dynamic_shared_memory_type: 'mmap',
  huge_pages: 'off',
  // Fewer processes: no replication, no input/output workers.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  io_method: 'sync',
  max_wal_size: '256MB',
  min_wal_size: '32MB',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Starts, stops and what ends a session; no statements, as these carry secrets.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
}

const mostLog = 1024 * 1024
const mostTail = 4096

/**
 * Starts a server in a session of its own: a terminal's Ctrl-C reaches the gateway alone, which stops the server when it
 * has ended its work. Its log is a file, so that it can write on when the gateway is killed.
 */
export async function launch({ places, binaries, identity, port, stalePid }: LaunchOptions): Promise<Launched> {
  const log = await openLog(places.log)
  try {
    const before = (await log.stat()).size
    const args = Object.entries({ ...settings, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const command = identity.command(binaries.postgres, ['-D', places.data, ...args])
    const options = spawnOptions(command)
    const child = spawn(command.file, command.args, {
      ...options,
      // A lock file whose process id now belongs to something else would stop the start; this id counts as gone.
      env: { ...options.env, ...(stalePid === undefined ? {} : { PG_GRANDPARENT_PID: String(stalePid) }) },
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    })
    const ended = new Promise<string>(resolve => {
      child.once('error', error => resolve(messageOf(error)))
      child.once('exit', () => resolve(tailOf(places.log, before)))
    })
    child.unref()
    return { pid: child.pid ?? 0, ended }
  } finally {
    await log.close()
  }
}

/** A port of 127.0.0.1 that nothing listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function openLog(file: string): Promise<FileHandle> {
  const log = await open(file, 'a', 0o600)
  if ((await log.stat()).size < mostLog) return log
  await log.close()
  await rename(file, `${file}.old`)
  return open(file, 'a', 0o600)
}

/** The end of what was logged from `start` on; empty when that cannot be read. */
async function tailOf(file: string, start: number): Promise<string> {
  try {
    const log = await open(file)
    try {
      const { size } = await log.stat()
      const from = Math.max(start, size - mostTail)
      const { buffer, bytesRead } = await log.read(Buffer.alloc(mostTail), 0, mostTail, from)
      return buffer.toString('utf8', 0, bytesRead).trim()
    } finally {
      await log.close()
    }
  } catch {
    return ''
  }
}
