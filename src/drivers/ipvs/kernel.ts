import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import {
  type BalancerDriver,
  BalancerError,
  type Endpoint,
  endpointKey,
  type ObservedRealServer,
  type ObservedVirtualServer,
  realServerKey,
  type VirtualServer,
} from '../balancer.ts'
import type { Addresses } from './addresses.ts'
import { defaultLimits } from './forwarder.ts'
import { removalOf, rulesFor } from './rules.ts'
import type { Run } from './run.ts'
import { createSerial } from './serial.ts'
import { parseIpvsTable } from './table.ts'

export interface KernelOptions {
  clock: Clock
  run: Run
  /** The text of /proc/net/ip_vs. */
  readTable(): Promise<string>
  /** Virtual servers at these addresses are ours; no others are touched. */
  addresses: Addresses
}

const sweepMs = 5000

/** Programs the kernel's IP Virtual Server. What is in the kernel is read back before every act, and only differences are sent. */
export function createKernelDriver({ clock, run, readTable, addresses }: KernelOptions): BalancerDriver {
  const serially = createSerial()
  const closing = new AbortController()
  /** Virtual servers that have real servers which are leaving, and since when each is. */
  const draining = new Map<string, { wanted: VirtualServer; since: Map<string, number> }>()
  const sweeping = keepSweeping()

  async function keepSweeping(): Promise<void> {
    while (!closing.signal.aborted) {
      await clock.sleep(sweepMs, closing.signal).catch(() => undefined)
      // What fails is tried again with the next one.
      for (const { wanted } of [...draining.values()]) await serially(() => bringInLine(wanted)).catch(() => undefined)
    }
  }

  async function ours(): Promise<ObservedVirtualServer[]> {
    const held = new Set(await addresses.list())
    return parseIpvsTable(await readTable()).filter(server => held.has(server.address))
  }

  /** `left` says which rules are still to be followed, by what is there afterwards: ipvsadm's exit code is its last line's. */
  async function restore(
    rules: string[],
    at: Endpoint,
    left: (found: ObservedVirtualServer | undefined) => string[],
  ): Promise<void> {
    if (rules.length === 0) return
    try {
      await run('ipvsadm', ['--restore'], `${rules.join('\n')}\n`)
    } catch (error) {
      throw new BalancerError('Failed', `the kernel's IPVS took no rules: ${messageOf(error)}`, { cause: error })
    }
    const refused = left(findIn(parseIpvsTable(await readTable()), at))
    if (refused.length > 0) throw new BalancerError('Failed', `the kernel's IPVS did not take: ${refused.join('; ')}`)
  }

  async function bringInLine(wanted: VirtualServer): Promise<void> {
    closing.signal.throwIfAborted()
    const key = endpointKey(wanted)
    const found = findIn(await ours(), wanted)
    const before = draining.get(key)?.since
    const since = new Map<string, number>()
    const drain = (server: ObservedRealServer) => {
      const from = before?.get(realServerKey(server)) ?? clock.now()
      if (server.activeConnections === 0 || clock.now() - from >= defaultLimits.drainMs) return false
      since.set(realServerKey(server), from)
      return true
    }
    const rules = rulesFor(wanted, found, drain)
    if (since.size > 0) draining.set(key, { wanted, since })
    else draining.delete(key)
    await restore(rules, wanted, after => rulesFor(wanted, after, server => since.has(realServerKey(server))))
  }

  async function remove(server: Endpoint): Promise<void> {
    const key = endpointKey(server)
    draining.delete(key)
    const there = await ours()
    const removal = [removalOf(server)]
    if (findIn(there, server)) await restore(removal, server, after => (after ? removal : []))
    if (!there.some(each => each.address === server.address && endpointKey(each) !== key))
      await addresses.remove(server.address)
  }

  return {
    name: 'ipvs',
    ensure: server =>
      serially(async () => {
        // The address comes first and goes last: it says that the rules are ours.
        await addresses.ensure(server.address)
        await bringInLine(server)
      }),
    remove: server => serially(() => remove(server)),
    observe: () => serially(ours),
    prune: held =>
      serially(async () => {
        for (const server of await ours()) if (!held.has(server.address)) await remove(server)
        for (const address of await addresses.list()) if (!held.has(address)) await addresses.remove(address)
      }),
    async close() {
      closing.abort(new Error('the gateway stops'))
      await serially(async () => undefined)
      await sweeping
    },
  }
}

function findIn(servers: readonly ObservedVirtualServer[], at: Endpoint): ObservedVirtualServer | undefined {
  const key = endpointKey(at)
  return servers.find(each => endpointKey(each) === key)
}
