import { homedir } from 'node:os'
import { basename } from 'node:path'
import { messageOf } from '../errors.ts'
import { readArguments } from './arguments.ts'
import { createPiped, createTerminal } from './output.ts'
import { readTarget } from './settings.ts'
import { ConnectionLost, perform } from './socket.ts'
import { version } from './version.ts'

/** What a shell shows for a process that a signal has ended. */
const statuses = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const
const brokenPipe = 141
const goesOn = 'The gateway goes on with what was asked for; get shows how far it is'

const program = basename(process.argv[1] ?? '').replace(/\.\w+$/, '') === 'qbo' ? 'qbo' : 'kindgate'
const stop = new AbortController()
let status: number | undefined
let over = false

/** Ends with this status whatever else happens; what nobody has read by then is left. */
function interrupt(code: number): void {
  status ??= code
  if (over) process.exit(status)
  stop.abort()
}
for (const [signal, code] of Object.entries(statuses)) process.on(signal, () => interrupt(code))
process.stdout.on('error', error => {
  // Who reads has enough: `| head`. A terminal that is gone fails with EIO.
  const enough = 'code' in error && (error.code === 'EPIPE' || error.code === 'EIO')
  if (!enough && status === undefined) complain(`cannot write: ${error.message}`)
  interrupt(enough ? brokenPipe : 1)
})
process.stderr.on('error', () => undefined)

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (status === undefined) complain(messageOf(error))
  process.exitCode = 1
}
over = true
if (status !== undefined) process.exit(status)

async function main(words: string[]): Promise<void> {
  const { stdout, env } = process
  const onTerminal = stdout.isTTY && env.TERM !== 'dumb'
  const request = readArguments(words, { program, ...(stdout.isTTY ? { width: stdout.columns || 80 } : {}) })
  if ('text' in request) return void stdout.write(`${request.text}\n`)
  const { command, cmd } = request
  const target = await readTarget({ env, home: homedir(), folder: process.cwd() })
  const output = onTerminal ? createTerminal(stdout, command) : createPiped(stdout)
  if (command.verb === 'version') {
    // A client's own version comes before the gateway's (QBO AsyncAPI, "version").
    const own = { version: [{ qbo: `cli:kindgate-${version}`, arch: archOf(process.arch) }] }
    void output.take({ ...own, uuid: '', command: 'CMD_VERSION', code: 200 }, JSON.stringify(own))
  }
  const changes = command.verb !== 'get' && command.verb !== 'version'
  let ok = false
  try {
    await perform({ target, cmd, take: output.take, signal: stop.signal })
    ok = true
  } catch (error) {
    if (error instanceof ConnectionLost && changes) throw new Error(`${error.message}\n${goesOn}`)
    throw error
  } finally {
    const words = output.end(ok && status === undefined)
    if (words !== undefined) process.stderr.write(`${words}\n`)
  }
  if (status !== undefined && status !== brokenPipe && changes) complain(goesOn)
}

/** To stderr. */
function complain(words: string): void {
  process.stderr.write(`${program}: ${words}\n`)
}

/** The architecture as QBO spells it. */
function archOf(arch: string): string {
  return `__${{ x64: 'x86_64', arm64: 'aarch64' }[arch] ?? arch}__`
}
