import assert from 'node:assert/strict'
import { type Addresses, createInterfaceAddresses } from '../../../src/drivers/ipvs/addresses.ts'
import type { Run } from '../../../src/drivers/ipvs/run.ts'

interface Rule {
  weight: number
  active: number
}

export interface FakeKernel {
  run: Run
  readTable(): Promise<string>
  addresses: Addresses
  /** Lines that `ipvsadm --restore` has got. */
  readonly rules: string[]
  /** Addresses of the interface; undefined while there is none. */
  held(): string[] | undefined
  /** Does not take that line from now on. */
  refuse(rule: string): void
  /** Somebody connects, or goes. */
  connections(service: string, real: string, active: number): void
}

/** Takes what `ip` and `ipvsadm` are told, and shows it as Linux shows it in /proc/net/ip_vs. */
export function createFakeKernel(): FakeKernel {
  const table = new Map<string, Map<string, Rule>>()
  const rules: string[] = []
  const refused = new Set<string>()
  let device: Set<string> | undefined
  let up = false
  const inet = (addresses: string[]) => addresses.map(local => ({ family: 'inet', local }))

  function restore(line: string): void {
    const [, act, service = '', , real = '', , , weight] =
      /^-(\w) (-[tu] \S+)(?: (-r) (\S+))?(?: (-m) (-w) (\d+))?(?: -s rr)?$/.exec(line) ?? []
    const reals = table.get(service)
    if (act === 'A' && !reals) table.set(service, new Map())
    else if (act === 'D' && reals) table.delete(service)
    else if (act === 'a' && reals && !reals.has(real)) reals.set(real, { weight: Number(weight), active: 0 })
    else if (act === 'e' && reals?.has(real))
      reals.set(real, { active: reals.get(real)?.active ?? 0, weight: Number(weight) })
    else if (act === 'd' && reals?.has(real)) reals.delete(real)
    else throw new Error(`Memory allocation problem: ${line}`)
    rules.push(line)
  }

  const ip: Record<string, (address: string) => string | undefined> = {
    'link show': () => (device ? '' : undefined),
    'link add': () => {
      device = new Set()
      return ''
    },
    'link set': () => {
      up = device !== undefined
      return up ? '' : undefined
    },
    'address replace': address => (device?.add(address) ? '' : undefined),
    'address delete': address => (device?.delete(address) ? '' : undefined),
    '-json -4': () =>
      JSON.stringify([
        { ifname: 'lo', flags: ['UP'], addr_info: [{ family: 'inet', local: '127.0.0.1' }] },
        {},
        ...(device ? [{ ifname: 'kindgate0', flags: up ? ['UP'] : [], addr_info: inet([...device]) }] : []),
      ]),
  }

  const run: Run = async (program, args, input = '') => {
    if (program === 'ipvsadm') {
      assert.deepEqual(args, ['--restore'])
      let failure: unknown
      for (const line of input.trimEnd().split('\n')) {
        failure = undefined
        try {
          if (refused.has(line)) throw new Error('Memory allocation problem')
          restore(line)
        } catch (error) {
          failure = error
        }
      }
      // As the real one: its exit code is that of the last line.
      if (failure !== undefined) throw failure
      return ''
    }
    const answer = ip[args.slice(0, 2).join(' ')]?.(args[2]?.replace('/32', '') ?? '')
    if (answer === undefined) throw new Error(`ip: cannot ${args.join(' ')}`)
    return answer
  }

  return {
    run,
    rules,
    refuse: rule => void refused.add(rule),
    held: () => device && [...device],
    addresses: createInterfaceAddresses({ run, device: 'kindgate0' }),
    readTable: async () => textOf(table),
    connections(service, real, active) {
      const rule = table.get(service)?.get(real)
      assert.ok(rule, `${service} ${real}`)
      rule.active = active
    },
  }
}

function textOf(table: Map<string, Map<string, Rule>>): string {
  const lines = [
    'IP Virtual Server version 1.2.1 (size=4096)',
    'Prot LocalAddress:Port Scheduler Flags',
    '  -> RemoteAddress:Port Forward Weight ActiveConn InActConn',
  ]
  for (const [service, reals] of table) {
    lines.push(`${service.startsWith('-t') ? 'TCP' : 'UDP'}  ${hexOf(service.slice(3))} rr  `)
    for (const [real, { weight, active }] of reals)
      lines.push(
        `  -> ${hexOf(real)}      ${'Masq'.padEnd(7)} ${String(weight).padEnd(6)} ${String(active).padEnd(10)} ${'0'.padEnd(10)}`,
      )
  }
  return `${lines.join('\n')}\n`
}

function hexOf(endpoint: string): string {
  const [address = '', port] = endpoint.split(':')
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0')
  return `${address
    .split('.')
    .map(part => hex(Number(part), 2))
    .join('')}:${hex(Number(port), 4)}`
}
