import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'

/** What `postmaster.pid` says: a server that runs, or the id of one that is gone. */
export type Found = { running: true; pid: number; port: number } | { running: false; pid: number }

/**
 * Reads a data folder's lock file (its lines: https://github.com/postgres/postgres, src/include/utils/pidfile.h) and
 * looks whether its process is that server: after a crash the id may belong to something else.
 */
export async function findServer(data: string): Promise<Found | undefined> {
  const lines = await readFile(path.join(data, 'postmaster.pid'), 'utf8').then(
    text => text.split('\n'),
    () => undefined,
  )
  const pid = Math.abs(Number(lines?.[0]))
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined
  if (!isServer(pid, data)) return { running: false, pid }
  return { running: true, pid, port: Number(lines?.[3]) || 0 }
}

/** Whether a process is the Postgres server of a data folder, started by us or by a gateway before. */
export function isServer(pid: number, data: string): boolean {
  try {
    if (process.platform !== 'linux') return commandOf(pid).includes(`/postgres -D ${data} `)
    const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    if (path.basename(program) !== 'postgres') return false
    return args[args.indexOf('-D') + 1] === data || worksIn(pid, data)
  } catch {
    return false
  }
}

function commandOf(pid: number): string {
  // Other letters of a path are shown as they are in such a locale only.
  const env = { ...process.env, LC_ALL: 'en_US.UTF-8' }
  return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8', env })
}

/** True too when the folder was moved under the server's feet. */
function worksIn(pid: number, data: string): boolean {
  if (!path.basename(readlinkSync(`/proc/${pid}/exe`)).startsWith('postgres')) return false
  const [there, here] = [statSync(`/proc/${pid}/cwd`), statSync(data)]
  return there.dev === here.dev && there.ino === here.ino
}

/**
 * Stops a server: SIGINT ends its sessions and writes everything down; SIGQUIT after 30 seconds leaves that to the next
 * start; SIGKILL after 5 more.
 */
export async function terminate(
  pid: number,
  { data, clock, log }: { data: string; clock: Clock; log: Log },
): Promise<void> {
  const steps = [
    { signal: 'SIGINT', limit: 30_000 },
    { signal: 'SIGQUIT', limit: 5000 },
    { signal: 'SIGKILL', limit: 5000 },
  ] as const
  for (const { signal, limit } of steps) {
    if (!isServer(pid, data)) return
    if (signal !== 'SIGINT') log.warn({ pid, signal }, 'the embedded Postgres does not stop')
    send(pid, signal)
    for (const deadline = clock.now() + limit; clock.now() < deadline; await clock.sleep(10))
      if (!isServer(pid, data)) return
  }
  throw new Error(`the embedded Postgres (process ${pid}) cannot be stopped`)
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended in the meantime.
  }
}
