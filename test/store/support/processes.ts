import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'

const script = path.join(import.meta.dirname, 'gateway.ts')
const clone = path.join(import.meta.dirname, '../../..')

export interface Gateway {
  child: ChildProcess
  /** What it says once the server runs, or why it does not; undefined when it was killed before. */
  said: Promise<{ url?: string; uid?: number; error?: string } | undefined>
  kill(): Promise<void>
  stop(): Promise<void>
}

/** Starts `gateway.ts` on a folder, with a prefix such as `unshare …`, or as another user. */
export function startGateway(
  dataDir: string,
  { prefix = [], ...options }: SpawnOptions & { prefix?: string[] } = {},
): Gateway {
  const [file = '', ...args] = [...prefix, process.execPath, script, dataDir]
  const child = spawn(file, args, { ...options, stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const lines = child.stdout ? createInterface({ input: child.stdout }) : undefined
  const line = lines ? once(lines, 'line') : Promise.resolve([])
  const said = Promise.race([line, ended.then(() => [])]).then(([text]) =>
    typeof text === 'string' ? JSON.parse(text) : undefined,
  )
  return {
    child,
    said,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      child.stdin?.end()
      await ended
    },
  }
}

/** Resolves when a condition of another process holds, which nothing announces. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(resolve => setTimeout(resolve, 5))
}

/** The server's process id, as its lock file has it. */
export function serverOf(dataDir: string): number {
  return Number(readFileSync(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0])
}

/** Whether a process runs; one that has ended and waits for its parent does not. */
export function runs(pid: number): boolean {
  return /^[^Z]/.test(ps('stat', pid))
}

/** A column that `ps` prints for a process; empty when there is none. */
export function ps(column: string, pid: number): string {
  try {
    return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}

export function childrenOf(pid: number): number[] {
  const all = execFileSync('ps', ['-A', '-o', 'ppid=,pid='], { encoding: 'utf8' })
  return all.split('\n').flatMap(line => {
    const [parent, child] = line.trim().split(/\s+/).map(Number)
    return parent === pid && child ? [child] : []
  })
}

/** The first folder on the way to the clone that the user `nobody` cannot enter. */
export function closedToNobody(): string | undefined {
  const folders = clone.split(path.sep).map((_, index, parts) => parts.slice(0, index + 1).join(path.sep) || path.sep)
  const check = 'for each do test -x "$each" || { printf %s "$each"; exit; }; done'
  const found = execFileSync('/bin/sh', ['-c', check, 'sh', ...folders], {
    ...userOf('nobody'),
    cwd: '/',
    encoding: 'utf8',
  })
  return found || undefined
}

export function userOf(name: string): { uid: number; gid: number } {
  const id = (option: string) => Number(execFileSync('id', [option, name], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
