import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type WebSocket, WebSocketServer } from 'ws'

/** What ends with a test, or with all of them. */
export interface Test {
  after(work: () => unknown): void
}

export const bin = path.join(import.meta.dirname, '../../bin/kindgate.js')

export async function folderOf(t: Test): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kgtest-cli-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** What a program prints, and its status once it has ended. */
function collected(child: ChildProcessWithoutNullStreams) {
  let out = ''
  let err = ''
  child.stdout.on('data', chunk => {
    out += chunk
  })
  child.stderr.on('data', chunk => {
    err += chunk
  })
  const closed = once(child, 'close')
  return { child, closed: closed.then(([status]) => ({ status: Number(status), out, err })) }
}

/** Starts the command line client in a folder of its own, its output piped. */
export async function start(t: Test, args: readonly string[], env: Record<string, string> = {}) {
  const folder = await folderOf(t)
  const child = spawn(process.execPath, [bin, ...args], { cwd: folder, env: { HOME: folder, PATH: '', ...env } })
  t.after(() => child.kill('SIGKILL'))
  return collected(child)
}

/** The same, once it has ended. */
export const run = async (...given: Parameters<typeof start>) => (await start(...given)).closed

/** Starts a line of a shell in which `kindgate` and `qbo` are commands; `status` is that of the whole line. */
export async function startShell(t: Test, line: string, env: Record<string, string> = {}) {
  const folder = await folderOf(t)
  const own = `qbo() { "$NODE" "$BIN" "$@"; }; kindgate() { qbo "$@"; }`
  const child = spawn('bash', ['-c', `${own}\n${line}`], {
    cwd: folder,
    detached: true,
    env: { HOME: folder, PATH: process.env.PATH, NODE: process.execPath, BIN: bin, ...env },
  })
  const { pid } = child
  assert.ok(pid !== undefined)
  t.after(() => {
    // The group: also what a pipeline left.
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  })
  return collected(child)
}

/** The same, once it has ended. */
export const shell = async (...given: Parameters<typeof startShell>) => (await startShell(...given)).closed

export interface Request {
  cmd: string
  uuid: string
}

/** A server that answers commands as it is told; without `onCommand` it is no gateway. */
export async function fakeGateway(
  t: Test,
  { onCommand, onRequest }: { onCommand?(socket: WebSocket, request: Request): void; onRequest?: RequestListener },
): Promise<{ port: number }> {
  const server = createServer(onRequest)
  if (onCommand) {
    const sockets = new WebSocketServer({ server, path: '/qbo' })
    sockets.on('connection', socket => {
      socket.on('error', () => undefined)
      socket.on('message', data => onCommand(socket, requestIn(data.toString())))
    })
    t.after(() => {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
    })
  }
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return { port: address.port }
}

function requestIn(text: string): Request {
  const { cmd, uuid }: Partial<Request> = JSON.parse(text)
  assert.ok(cmd !== undefined && uuid !== undefined)
  return { cmd, uuid }
}

/** A message as a gateway writes it. */
export function messageFor({ cmd, uuid }: Request, members: Record<string, unknown>): string {
  return JSON.stringify({ command: 'CMD_GET', code: 200, status: 'OK', command_line: `qbo ${cmd}`, uuid, ...members })
}
