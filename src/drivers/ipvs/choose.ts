import { readFile, writeFile } from 'node:fs/promises'
import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { BalancerDriver } from '../balancer.ts'
import { createInterfaceAddresses, givenAddresses } from './addresses.ts'
import { createKernelDriver } from './kernel.ts'
import { type Run, runProgram } from './run.ts'
import { createUserspaceDriver } from './userspace.ts'

/** How programs are run, and files of /proc read and written. */
export interface Host {
  run: Run
  read(file: string): Promise<string>
  write(file: string, text: string): Promise<void>
}

export interface BalancerChoice {
  wanted: 'auto' | 'ipvs' | 'userspace'
  /** The interface that addresses are added to; with an empty one the userspace driver adds none. */
  device: string
  clock: Clock
  /** The one that the gateway runs on by default. */
  host?: Host
}

/** The interface of the driver `ipvs` where no other is named. */
const ownDevice = 'kindgate0'
const tableFile = '/proc/net/ip_vs'
const forwardFile = '/proc/sys/net/ipv4/ip_forward'
const expireFile = '/proc/sys/net/ipv4/vs/expire_nodest_conn'

const thisHost: Host = { run: runProgram, read: file => readFile(file, 'utf8'), write: writeFile }

/** The driver that is wanted; with `auto` the kernel's where that can be used. Rejects when `ipvs` cannot, and says why. */
export async function chooseBalancer(choice: BalancerChoice): Promise<BalancerDriver> {
  const { wanted, device, clock, host = thisHost } = choice
  const lack = wanted === 'userspace' ? 'not wanted' : await lackOfIpvs(host)
  if (wanted === 'ipvs' && lack !== undefined) throw new Error(lack)
  if (lack === undefined) {
    // Else clients of a real server that is gone hear nothing until they give up. Where /proc is read-only it stays so.
    await host.write(expireFile, '1').catch(() => undefined)
    return createKernelDriver({
      clock,
      run: host.run,
      readTable: () => host.read(tableFile),
      addresses: createInterfaceAddresses({ run: host.run, device: device || ownDevice }),
    })
  }
  return createUserspaceDriver({
    clock,
    addresses: device === '' ? givenAddresses : createInterfaceAddresses({ run: host.run, device }),
  })
}

/** What is missing to use the kernel's IPVS; undefined when nothing is. */
async function lackOfIpvs({ run, read }: Host): Promise<string | undefined> {
  const has = () =>
    read(tableFile).then(
      () => true,
      () => false,
    )
  if (!(await has())) await run('modprobe', ['ip_vs']).catch(() => undefined)
  if (!(await has())) return 'the kernel has no IPVS (module ip_vs)'
  try {
    // Lists nothing that matters, but needs the program and the right to use it.
    await run('ipvsadm', ['--list', '--numeric'])
    await run('ip', ['-json', '-4', 'address', 'show'])
    // Nodes answer through the host; Docker turns this on where it manages the host's networks.
    if ((await read(forwardFile)).trim() === '0')
      return 'the host does not forward packets (sysctl net.ipv4.ip_forward)'
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}
