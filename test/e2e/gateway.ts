import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Agent, fetch, type Headers } from 'undici'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A gateway as a user runs it: a process of its own, with a data folder of its own. */
export interface Gateway {
  readonly url: string
  readonly dataDir: string
  /** Sends a request with the admin's token; the answer must have this status. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  /** The lines of a stream as they come, with the admin's token, until the signal aborts. */
  lines(path: string, signal: AbortSignal): Promise<AsyncIterable<string>>
  /** Kills the process at once, as a crash does. */
  kill(): Promise<void>
  /** Ends it as a user does, by SIGTERM; resolves with its exit code. */
  stop(): Promise<number | null>
  /** Starts it again on the same data. */
  restart(): Promise<void>
}

export interface CallOptions {
  body?: unknown
  headers?: Record<string, string>
  status?: number
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  json(): unknown
}

export interface GatewayOptions {
  environment?: Record<string, string>
  /** PEM text: the authority of its own certificate, where it serves https. */
  ca?: string
}

/** Starts a gateway on a new data folder; `dispose` ends it and removes the folder. */
export async function startGateway({ environment = {}, ca }: GatewayOptions = {}): Promise<Gateway & AsyncDisposable> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'kgtest-'))
  const dispatcher = new Agent(ca === undefined ? {} : { connect: { ca } })
  let running = await launch(dataDir, environment)
  let token = (await readFile(path.join(dataDir, 'admin.token'), 'utf8')).trim()

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const { child } = running
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    child.kill(signal)
    await once(child, 'exit')
    return child.exitCode
  }

  return {
    get url() {
      return running.url
    },
    dataDir,
    async call(method, where, { body, headers = {}, status } = {}) {
      const response = await fetch(new URL(where, running.url), {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        dispatcher,
        signal: AbortSignal.timeout(600_000),
      })
      const text = await response.text()
      if (status !== undefined && response.status !== status)
        throw new Error(`${method} ${where} answered ${response.status}, not ${status}: ${text}`)
      return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) }
    },
    async lines(where, signal) {
      const response = await fetch(new URL(where, running.url), {
        headers: { authorization: `Bearer ${token}` },
        dispatcher,
        signal,
      })
      if (response.status !== 200 || !response.body) throw new Error(`${where} answered ${response.status}`)
      return linesOf(response.body)
    },
    async kill() {
      await end('SIGKILL')
    },
    stop: () => end('SIGTERM'),
    async restart() {
      running = await launch(dataDir, environment)
      token = (await readFile(path.join(dataDir, 'admin.token'), 'utf8')).trim()
    },
    async [Symbol.asyncDispose]() {
      // After a kill the embedded server is an orphan, which only a gateway takes over and stops.
      if (running.child.signalCode === 'SIGKILL') running = await launch(dataDir, environment)
      await dispatcher.close()
      await end('SIGTERM')
      await rm(dataDir, { recursive: true, force: true })
      if (!process.env.E2E_KEEP_LOGS) await rm(`${dataDir}.log`, { force: true })
    },
  }
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

async function launch(
  dataDir: string,
  environment: Record<string, string>,
): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: root,
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const log = createWriteStream(`${dataDir}.log`, { flags: 'a' })
  const lines = createInterface({ input: child.stdout })
  return new Promise((resolve, reject) => {
    lines.on('line', line => {
      log.write(`${line}\n`)
      const url = /"url":"(https?:[^"]+)"/.exec(line)?.[1]
      if (url) resolve({ child, url })
    })
    child.once('exit', code => {
      log.end()
      reject(new Error(`the gateway ended with ${code} before it listened; its log: ${dataDir}.log`))
    })
  })
}
