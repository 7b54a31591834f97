import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { issueCertificate } from '../api/http/certificates.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { eventually, image, kubectlPath } from './tools.ts'

const execute = promisify(execFile)

/** A program at work and what it has said so far. */
export interface Running {
  child: ChildProcessWithoutNullStreams
  text(): string
}

/** A gateway with a certificate, and kubectl that goes through it. */
export interface Kubectl extends AsyncDisposable {
  gateway: Gateway
  /** The admin's. */
  token: string
  /** PEM text: the authority of the gateway's certificate. */
  ca: string
  /** For files; goes with the rest. */
  folder: string
  program: string
  environment: NodeJS.ProcessEnv
  /** The arguments by which kubectl finds a cluster's API behind the gateway. */
  to(cluster: string, token?: string): string[]
  run(cluster: string, ...args: string[]): Promise<string>
  begin(command: string, args: string[], env?: Record<string, string>): Running
  /** Waits for what a program is to say. */
  shows(what: string, of: Running, pattern: RegExp): Promise<RegExpExecArray>
}

export async function startKubectl(): Promise<Kubectl> {
  await using cleanup = new AsyncDisposableStack()
  const folder = await mkdtemp(path.join(tmpdir(), 'kgtest-'))
  cleanup.defer(() => rm(folder, { recursive: true, force: true }))
  const { ca, cert, key } = await issueCertificate()
  const file = (of: string) => path.join(folder, of)
  await Promise.all([writeFile(file('ca'), ca), writeFile(file('cert'), cert), writeFile(file('key'), key)])
  const program = await kubectlPath()
  const gateway = cleanup.use(
    await startGateway({ environment: { NODE_IMAGE: image, TLS_CERT: file('cert'), TLS_KEY: file('key') }, ca }),
  )
  const token = (await readFile(path.join(gateway.dataDir, 'admin.token'), 'utf8')).trim()
  const children = new Set<Running['child']>()
  cleanup.defer(() => {
    for (const child of children) child.kill('SIGKILL')
  })
  const environment = { ...process.env, KUBECONFIG: '/dev/null' }
  const to = (cluster: string, whose = token) => [
    `--server=${gateway.url}/api/v1/clusters/${cluster}/proxy`,
    `--token=${whose}`,
    `--certificate-authority=${file('ca')}`,
    `--cache-dir=${file('cache')}`,
  ]
  const all = cleanup.move()
  return {
    gateway,
    token,
    ca,
    folder,
    program,
    environment,
    to,
    run: async (cluster, ...args) =>
      (await execute(program, [...to(cluster), ...args], { env: environment, timeout: 60_000 })).stdout,
    begin(command, args, env = {}) {
      const child = spawn(command, args, { env: { ...environment, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
      children.add(child)
      child.once('close', () => children.delete(child))
      let text = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', chunk => {
          text += chunk
        })
      return { child, text: () => text }
    },
    shows: (what, of, pattern) =>
      eventually(`${what} in ${JSON.stringify(of.text())}`, async () => pattern.exec(of.text()) ?? undefined, 60),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
