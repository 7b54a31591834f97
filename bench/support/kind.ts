import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, globSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { systemClock } from '../../src/clock.ts'
import { readKubeconfig } from '../../src/drivers/kubernetes/kubeconfig.ts'
import { toKubernetesNode } from '../../src/drivers/kubernetes/nodes.ts'
import { isKubernetesObject, listAt } from '../../src/drivers/kubernetes/objects.ts'
import { createTransport } from '../../src/drivers/kubernetes/transport.ts'
import { poll } from '../../src/drivers/kubernetes/wait.ts'
import type { StepTime } from './report.ts'

/** The kind CLI: on the PATH, or where test/machine/kind.sh puts it. */
export function findKind(): string | undefined {
  const cache = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'kindgate')
  const onPath = (process.env.PATH ?? '').split(path.delimiter).map(folder => path.join(folder, 'kind'))
  return [
    ...onPath,
    ...globSync(path.join(cache, 'kind-*', 'kind'))
      .toSorted()
      .reverse(),
  ].find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export interface KindCluster {
  kind: string
  name: string
  image: string
  nodes: number
  signal: AbortSignal
}

/**
 * Makes a cluster as `kind create cluster` does, and goes on until all nodes are Ready: kind itself waits for none
 * unless told to, and then for the control plane alone. Milliseconds, in all and by kind's own steps.
 */
export async function createWithKind({ kind, name, image, nodes, signal }: KindCluster) {
  const kubeconfig = path.join(tmpdir(), `${name}.kubeconfig`)
  const begun = performance.now()
  const steps: StepTime[] = []
  const tick = (step: string) => {
    const startMs = steps.reduce((sum, each) => sum + each.ms, 0)
    steps.push({ name: step, startMs, ms: performance.now() - begun - startMs })
  }
  try {
    const roles = ['control-plane', ...Array.from({ length: nodes - 1 }, () => 'worker')]
    const config = { kind: 'Cluster', apiVersion: 'kind.x-k8s.io/v1alpha4', nodes: roles.map(role => ({ role })) }
    await run({
      command: [
        kind,
        'create',
        'cluster',
        '--name',
        name,
        '--image',
        image,
        '--kubeconfig',
        kubeconfig,
        '--config',
        '-',
      ],
      input: JSON.stringify(config),
      onLine: line => {
        const step = /^ ✓ (.+?)[^\p{L}\p{N}()]*$/u.exec(line)?.[1]
        if (step) tick(step)
      },
      signal,
    })
    await allReady(await readFile(kubeconfig, 'utf8'), nodes, signal)
    tick('all nodes Ready')
    return { ms: performance.now() - begun, steps }
  } finally {
    await rm(kubeconfig, { force: true })
  }
}

async function allReady(kubeconfig: string, nodes: number, signal: AbortSignal): Promise<void> {
  const transport = createTransport({ credentials: readKubeconfig(kubeconfig), clock: systemClock })
  const ready = (answer: unknown) => {
    const found = listAt(answer, 'items').filter(isKubernetesObject).map(toKubernetesNode)
    return (found.length === nodes && found.every(node => node.ready)) || undefined
  }
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(300_000)])
    await poll(transport, { path: '/api/v1/nodes' }, ready, { clock: systemClock, signal: limit })
  } finally {
    transport.close()
  }
}

export async function deleteWithKind({ kind, name, signal }: Pick<KindCluster, 'kind' | 'name' | 'signal'>) {
  const begun = performance.now()
  const kubeconfig = path.join(tmpdir(), `${name}.kubeconfig`)
  await run({ command: [kind, 'delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig], signal })
  return { ms: performance.now() - begun }
}

export async function kindVersion(kind: string): Promise<string> {
  let version = ''
  const onLine = (line: string) => {
    version ||= line
  }
  await run({ command: [kind, 'version'], onLine, signal: AbortSignal.timeout(10_000) })
  return version.replace(/^kind /, '').split(' ')[0] ?? ''
}

interface Run {
  command: [string, ...string[]]
  input?: string
  onLine?(line: string): void
  signal: AbortSignal
}

/** Runs a program in a process group of its own, which ends with the signal. Rejects with the end of what it printed. */
async function run({ command: [program, ...options], input = '', onLine, signal }: Run): Promise<void> {
  signal.throwIfAborted()
  const child = spawn(program, options, { detached: true, stdio: 'pipe' })
  const end = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
  }
  signal.addEventListener('abort', end, { once: true })
  const printed: string[] = []
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', line => {
      printed.push(line)
      onLine?.(line)
    })
  child.stdin.on('error', () => undefined).end(input)
  try {
    const [code] = await once(child, 'close')
    signal.throwIfAborted()
    if (code !== 0)
      throw new Error(`${path.basename(program)} ${options[0]} ended with ${code}: ${printed.slice(-8).join(' | ')}`)
  } finally {
    signal.removeEventListener('abort', end)
  }
}
