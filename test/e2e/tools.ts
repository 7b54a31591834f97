import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The node image that most of the suite runs on. */
export const image = process.env.E2E_IMAGE ?? 'kindest/node:v1.34.4'
/** Names of clusters begin with it, so that what a killed run left behind can be told from what is somebody's. */
export const prefix = 'kgtest-'

export async function docker(...args: string[]): Promise<string> {
  return (await run('docker', args, { maxBuffer: 32 * 1024 * 1024 })).stdout.trim()
}

export async function hasImage(name: string): Promise<boolean> {
  return docker('image', 'inspect', '--format', '{{.Id}}', name).then(
    () => true,
    () => false,
  )
}

/** kubectl: KUBECTL names it; else the one built with the node images; else the one on the PATH. */
export async function kubectl(kubeconfig: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(await kubectlPath(), ['--kubeconfig', kubeconfig, ...args], { timeout: 120_000 })
  return stdout.trim()
}

/** Where kubectl is. */
export async function kubectlPath(): Promise<string> {
  const named = process.env.KUBECTL
  if (named) return named
  const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'kind-node-image')
  const versions = await readdir(cache).catch(() => [])
  const built = versions
    .toSorted()
    .map(version => path.join(cache, version, 'kubectl'))
    .filter(existsSync)
  return built.findLast(file => file.includes('/v1.34')) ?? built.at(-1) ?? 'kubectl'
}

/** The kind CLI: KIND names it; else the one on the PATH or that test/machine/kind.sh installed. */
export async function kindPath(): Promise<string> {
  const { stdout } = await run(fileURLToPath(new URL('../machine/kind.sh', import.meta.url)), { timeout: 300_000 })
  return process.env.KIND ?? stdout.trim().split('\n').at(-1) ?? 'kind'
}

/** Looks until something is there, at most `seconds`; the last look's error tells what was missing. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  seconds = 120,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  let last: unknown
  while (Date.now() < deadline) {
    try {
      const found = await look()
      if (found !== undefined && found !== false) return found
      last = 'not there'
    } catch (error) {
      last = error
    }
    await pause(250)
  }
  throw new Error(`${what}: not within ${seconds} s (${last instanceof Error ? last.message : last})`)
}

/** What of a cluster is left in Docker: containers, networks, and volumes that no container uses. */
export async function leftovers(cluster: string): Promise<string[]> {
  const [containers, networks] = await Promise.all([
    docker('ps', '-a', '--filter', `label=io.x-k8s.kind.cluster=${cluster}`, '--format', 'container {{.Names}}'),
    docker('network', 'ls', '--filter', `label=io.x-k8s.kind.cluster=${cluster}`, '--format', 'network {{.Name}}'),
  ])
  return [...containers.split('\n'), ...networks.split('\n')].filter(line => line !== '')
}

/** Names of all volumes, to compare before with after. */
export async function volumes(): Promise<Set<string>> {
  return new Set((await docker('volume', 'ls', '-q')).split('\n').filter(line => line !== ''))
}

/** Stops the Docker daemon as an upgrade does, runs `meanwhile`, and starts it again the way it was started. */
export async function restartDocker(meanwhile: () => Promise<void>): Promise<void> {
  const pid = (await readFile('/var/run/docker.pid', 'utf8')).trim()
  process.kill(Number(pid), 'SIGTERM')
  await eventually('the daemon to end', async () => !existsSync(`/proc/${pid}`), 60)
  try {
    await meanwhile()
  } finally {
    await run(fileURLToPath(new URL('../machine/start-docker.sh', import.meta.url)), { timeout: 120_000 })
  }
}
