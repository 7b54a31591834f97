import { readFile } from 'node:fs/promises'
import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { BalancerDriver } from '../balancer.ts'
import { createInterfaceAddresses, givenAddresses } from './addresses.ts'
import { createKernelDriver } from './kernel.ts'
import { type Run, runProgram } from './run.ts'
import { createUserspaceDriver } from './userspace.ts'

export interface BalancerChoice {
  wanted: 'auto' | 'ipvs' | 'userspace'
  /** The interface that addresses are added to; with an empty one the userspace driver adds none. */
  device: string
  clock: Clock
  /** How programs are run and files read; the host's own by default. */
  host?: { run: Run; read(file: string): Promise<string> }
}

/** The interface of the driver `ipvs` where no other is named. */
const ownDevice = 'kindgate0'
const tableFile = '/proc/net/ip_vs'

/** The driver that is wanted; with `auto` the kernel's where that can be used. Rejects when `ipvs` cannot, and says why. */
export async function chooseBalancer(choice: BalancerChoice): Promise<BalancerDriver> {
  const { wanted, device, clock, host = { run: runProgram, read: file => readFile(file, 'utf8') } } = choice
  const lack = wanted === 'userspace' ? 'not wanted' : await lackOfIpvs(host)
  if (wanted === 'ipvs' && lack !== undefined) throw new Error(lack)
  if (lack === undefined)
    return createKernelDriver({
      clock,
      run: host.run,
      readTable: () => host.read(tableFile),
      addresses: createInterfaceAddresses({ run: host.run, device: device || ownDevice }),
    })
  return createUserspaceDriver({
    clock,
    addresses: device === '' ? givenAddresses : createInterfaceAddresses({ run: host.run, device }),
  })
}

/** What is missing to use the kernel's IPVS; undefined when nothing is. */
async function lackOfIpvs({ run, read }: NonNullable<BalancerChoice['host']>): Promise<string | undefined> {
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
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}
