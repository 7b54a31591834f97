import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import type { RegistryCredentials } from '../../src/drivers/registry.ts'
import { manifestType, type RegistryUnderTest, registryContract } from '../drivers/registry/contract.ts'
import { eventually } from './tools.ts'

const program = 'docker-registry'
const credentials: RegistryCredentials = { username: 'kgtest', password: 'right horse' }
/** Made by htpasswd -B. */
const htpasswd = 'kgtest:$2y$05$odYwbNRmf1Q9Wrp3Lh.wbO6Ei5/V2/cMoSasIR4kBNHGvw7Y0FtTu\n'

if (isInstalled()) {
  registryContract('docker-registry', () => startRegistry(null))
  registryContract('docker-registry with htpasswd', () => startRegistry(credentials))
} else {
  test('the registry client on docker-registry', { skip: `no ${program}: test/machine/registry.sh installs it` })
}

function isInstalled(): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** CNCF Distribution, with its data in a folder of its own. */
async function startRegistry(readers: RegistryCredentials | null): Promise<RegistryUnderTest> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kgtest-'))
  const host = `127.0.0.1:${await freePort()}`
  await writeFile(path.join(folder, 'htpasswd'), htpasswd)
  await writeFile(path.join(folder, 'config.yml'), configuration({ folder, host, readers }))
  const child = spawn(program, ['serve', path.join(folder, 'config.yml')], { stdio: 'ignore' })
  const authorization = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
  const ask = (where: string, init: RequestInit = {}) =>
    fetch(new URL(where, `http://${host}`), {
      ...init,
      headers: { ...(readers ? { authorization } : {}), 'content-type': manifestType },
    })
  await eventually('the registry', async () => (await ask('/v2/')).ok, 30)
  return {
    host,
    credentials: readers,
    async push(repository, tag, manifest) {
      const { status } = await ask(`/v2/${repository}/manifests/${tag}`, { method: 'PUT', body: manifest })
      if (status !== 201) throw new Error(`${repository}:${tag} was answered with ${status}`)
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill()
      await ended
      await rm(folder, { recursive: true })
    },
  }
}

function configuration(of: { folder: string; host: string; readers: RegistryCredentials | null }): string {
  return JSON.stringify({
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: path.join(of.folder, 'data') } },
    http: { addr: of.host, secret: createHash('sha256').update(of.folder).digest('hex') },
    ...(of.readers ? { auth: { htpasswd: { realm: 'kgtest', path: path.join(of.folder, 'htpasswd') } } } : {}),
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no port is free')
  return address.port
}
