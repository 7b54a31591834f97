import { type SpawnOptions, spawn } from 'node:child_process'
import { messageOf } from '../../errors.ts'

export interface Command {
  file: string
  args: string[]
  uid?: number
  gid?: number
}

export interface Finished {
  /** 0 for success, null when it could not be started or was killed. */
  code: number | null
  /** The end of what it printed, at most 16 KiB, or why it could not be started. */
  output: string
}

const most = 16 * 1024

/** How Postgres' programs are started: no setting of the caller's environment or folder reaches them. */
export function spawnOptions({ uid, gid }: Command): SpawnOptions {
  return {
    // A folder that every user can enter.
    cwd: '/',
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  }
}

/** Runs a program to its end, at most for `timeout` milliseconds. Never rejects. */
export function run(command: Command, { input = '', timeout = 120_000 } = {}): Promise<Finished> {
  return new Promise(resolve => {
    let output = ''
    const fail = (error: unknown) => resolve({ code: null, output: messageOf(error) })
    try {
      const child = spawn(command.file, command.args, {
        ...spawnOptions(command),
        stdio: 'pipe',
        timeout,
        killSignal: 'SIGKILL',
      })
      const collect = (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-most)
      }
      child.stdout?.on('data', collect)
      child.stderr?.on('data', collect)
      // A program that ends without reading its input is judged by its code.
      child.stdin?.on('error', () => {})
      child.stdin?.end(input)
      child.on('error', fail)
      child.on('close', code => resolve({ code, output: output.trim() }))
    } catch (error) {
      fail(error)
    }
  })
}
