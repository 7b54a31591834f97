import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Operation } from '../../src/engine/operations/schema.ts'
import { operationOf } from '../../test/e2e/resources.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const longestStartMs = 60_000
/** Seconds that a command may take; Node.js's fetch gives up on an answer that has not begun after 300. */
const longest = 280

export interface Measured {
  /** Milliseconds from the request to its answer. */
  ms: number
  operation: Operation
}

/** A gateway process with a data folder of its own, in a process group of its own so that Ctrl-C does not reach it. */
export interface BenchGateway extends AsyncDisposable {
  /** Starts it on the data that is there; resolves with the milliseconds from process start to its word that it is ready. */
  start(): Promise<number>
  /** Where it is, while it runs, and an admin's token. */
  address(): { url: string; token: string }
  /** Ends it by SIGTERM, where it runs. */
  stop(): Promise<void>
  /** Sends a command and waits for the end of its operation; rejects when that fails. */
  run(command: { method: string; where: string; body?: object; signal: AbortSignal }): Promise<Measured>
}

export async function createGateway(environment: Record<string, string>): Promise<BenchGateway> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'kgtest-bench-'))
  let running: { url: string; token: string; stop(): Promise<void> } | undefined

  async function launch() {
    const child = spawn(process.execPath, ['src/main.ts'], {
      cwd: root,
      detached: true,
      env: {
        ...process.env,
        HOST: '127.0.0.1',
        PORT: '0',
        DATA_DIR: dataDir,
        LOG_LEVEL: 'info',
        DATABASE_URL: '',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    const ready = Promise.withResolvers<string>()
    createInterface({ input: child.stdout }).on('line', line => {
      const url = /"url":"(http:[^"]+)".*"msg":"kindgate is ready"/.exec(line)?.[1]
      if (url) ready.resolve(url)
    })
    exited.then(
      ([code]) => ready.reject(new Error(`the gateway ended before it was ready (exit code ${code})`)),
      ready.reject,
    )
    const late = setTimeout(() => child.kill('SIGKILL'), longestStartMs)
    const stop = async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await exited
    }
    try {
      return { url: await ready.promise, stop }
    } finally {
      clearTimeout(late)
    }
  }

  async function stop(): Promise<void> {
    const ending = running
    running = undefined
    await ending?.stop()
  }

  return {
    async start() {
      const begun = performance.now()
      const { url, stop } = await launch()
      const ms = performance.now() - begun
      running = { url, token: (await readFile(path.join(dataDir, 'admin.token'), 'utf8')).trim(), stop }
      return ms
    },

    stop,

    address() {
      if (!running) throw new Error('the gateway does not run')
      return running
    },

    async run({ method, where, body, signal }) {
      if (!running) throw new Error('the gateway does not run')
      const begun = performance.now()
      const response = await fetch(new URL(where, running.url), {
        method,
        headers: {
          authorization: `Bearer ${running.token}`,
          prefer: `wait=${longest}`,
          ...(body ? { 'content-type': 'application/json' } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        signal,
      })
      const text = await response.text()
      const ms = performance.now() - begun
      if (response.status !== 200) throw new Error(`${method} ${where} answered ${response.status}: ${text}`)
      const operation = operationOf(JSON.parse(text))
      if (operation.state !== 'succeeded')
        throw new Error(`${method} ${where} ${operation.state}: ${operation.message}`)
      return { ms, operation }
    },

    async [Symbol.asyncDispose]() {
      await stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
