import { spawn } from 'node:child_process'
import { release, type } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { systemClock } from '../../../src/clock.ts'
import type { BalancerDriver } from '../../../src/drivers/balancer.ts'
import { chooseBalancer, type Host } from '../../../src/drivers/ipvs/choose.ts'
import { runProgram } from '../../../src/drivers/ipvs/run.ts'
import { messageOf } from '../../../src/errors.ts'

interface Test {
  after(work: () => Promise<void> | void): void
}

/** A host of its own for the kernel's IPVS: a network namespace, so that nothing of the machine's is touched. */
export interface RealHost extends Host {
  namespace: string
  /** Such as `Linux 6.1.0-57-cloud-amd64`. */
  kernel: string
  /** The kernel's driver on this host. */
  create(): Promise<BalancerDriver>
  remove(): Promise<void>
}

/** Not `ip netns exec`, which mounts /sys anew and so takes long. */
const enter = (namespace: string) => `--net=/run/netns/${namespace}`

const inNamespace =
  (namespace: string) =>
  (program: string, args: string[], input = '') =>
    runProgram('nsenter', [enter(namespace), program, ...args], input)

/** Makes it where kernel, programs and rights allow; else says what is missing. */
export async function createRealHost(namespace: string): Promise<RealHost | string> {
  const run = inNamespace(namespace)
  const read = (file: string) => run('cat', [file])
  const write = async (file: string, text: string) => void (await run('tee', [file], text))
  const host = { run, read, write }
  const create = () => chooseBalancer({ wanted: 'ipvs', device: 'kindgate0', clock: systemClock, host })
  const remove = async () => void (await runProgram('ip', ['netns', 'delete', namespace]))
  try {
    await runProgram('ip', ['netns', 'add', namespace])
  } catch (error) {
    return messageOf(error)
  }
  try {
    await run('ip', ['link', 'set', 'lo', 'up'])
    await write('/proc/sys/net/ipv4/ip_forward', '1')
    await (await create()).close()
    return { ...host, namespace, kernel: `${type()} ${release()}`, create, remove }
  } catch (error) {
    await remove()
    return messageOf(error)
  }
}

/** A namespace beside a host's, as a container on a bridge of it or another machine is. */
export interface Peer {
  tell(line: string): void
  /** Resolves with the first line not yet given that matches; rejects when none comes within a minute. */
  heard(pattern: RegExp): Promise<string>
}

/** Makes a peer with that address; its way to everything else goes by the host, which is `gateway` to it. */
export async function createPeer(
  t: Test,
  host: RealHost,
  { name, address, gateway, bridge }: { name: string; address: string; gateway: string; bridge?: string },
): Promise<Peer> {
  const namespace = `${host.namespace}-${name}`
  const link = `veth-${name}`
  const run = inNamespace(namespace)
  await runProgram('ip', ['netns', 'add', namespace])
  t.after(async () => void (await runProgram('ip', ['netns', 'delete', namespace])))
  const ends = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace]
  await host.run('ip', ['link', 'add', link, ...ends])
  if (bridge === undefined) await host.run('ip', ['address', 'add', `${gateway}/24`, 'dev', link])
  else await host.run('ip', ['link', 'set', link, 'master', bridge])
  await host.run('ip', ['link', 'set', link, 'up'])
  await run('ip', ['link', 'set', 'lo', 'up'])
  await run('ip', ['address', 'add', `${address}/24`, 'dev', 'eth0'])
  await run('ip', ['link', 'set', 'eth0', 'up'])
  await run('ip', ['route', 'add', 'default', 'via', gateway])
  return spawnPeer(t, namespace)
}

/** A peer in a namespace that is there: the host itself, say. */
export function spawnPeer(t: Test, namespace: string): Peer {
  const script = path.join(import.meta.dirname, 'network-peer.ts')
  const child = spawn('nsenter', [enter(namespace), process.execPath, script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.after(() => void child.kill('SIGKILL'))
  let lines: string[] = []
  let arrived = () => {}
  createInterface({ input: child.stdout }).on('line', line => {
    lines.push(line)
    arrived()
  })
  return {
    tell: line => void child.stdin.write(`${line}\n`),
    heard(pattern) {
      return new Promise((resolve, reject) => {
        const limit = setTimeout(() => reject(new Error(`nothing like ${pattern} in: ${lines.join('; ')}`)), 60_000)
        arrived = () => {
          const found = lines.find(line => pattern.test(line))
          if (found === undefined) return
          lines = lines.filter(line => line !== found)
          clearTimeout(limit)
          resolve(found)
        }
        arrived()
      })
    },
  }
}
