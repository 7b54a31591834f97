import type { Clock } from '../../clock.ts'
import { type BalancerDriver, type Endpoint, endpointKey } from '../balancer.ts'
import type { Addresses } from './addresses.ts'
import { defaultLimits, type Forwarder, type Limits } from './forwarder.ts'
import { createSerial } from './serial.ts'
import { listenTcp } from './tcp.ts'
import { listenUdp } from './udp.ts'

export interface UserspaceOptions {
  clock: Clock
  addresses: Addresses
  limits?: Partial<Limits>
}

const sweepMs = 5000

/** Forwards in this process, for hosts whose kernel has no IPVS. */
export function createUserspaceDriver({ clock, addresses, limits: own }: UserspaceOptions): BalancerDriver {
  const limits = { ...defaultLimits, ...own }
  const forwarders = new Map<string, { at: Endpoint; forwarder: Forwarder }>()
  const serially = createSerial()
  const closing = new AbortController()
  const sweeping = keepSweeping()

  async function keepSweeping(): Promise<void> {
    while (!closing.signal.aborted) {
      await clock.sleep(sweepMs, closing.signal).catch(() => undefined)
      for (const { forwarder } of forwarders.values()) forwarder.sweep()
    }
  }

  async function remove(at: Endpoint): Promise<void> {
    const key = endpointKey(at)
    const found = forwarders.get(key)
    forwarders.delete(key)
    await found?.forwarder.close()
    if (![...forwarders.values()].some(each => each.at.address === at.address)) await addresses.remove(at.address)
  }

  return {
    name: 'userspace',
    ensure: server =>
      serially(async () => {
        closing.signal.throwIfAborted()
        const { address, port, protocol, realServers } = server
        const key = endpointKey(server)
        const found = forwarders.get(key)
        if (found) return found.forwarder.update(realServers)
        await addresses.ensure(address)
        const listen = protocol === 'tcp' ? listenTcp : listenUdp
        forwarders.set(key, {
          at: { address, port, protocol },
          forwarder: await listen({ server, clock, limits }),
        })
      }),
    remove: server => serially(() => remove(server)),
    observe: async () =>
      [...forwarders.values()].map(({ at, forwarder }) => ({ ...at, realServers: forwarder.observe() })),
    prune: held =>
      serially(async () => {
        for (const { at } of [...forwarders.values()]) if (!held.has(at.address)) await remove(at)
        for (const address of await addresses.list()) if (!held.has(address)) await addresses.remove(address)
      }),
    async close() {
      closing.abort(new Error('the gateway stops'))
      await serially(async () => {
        await Promise.all([...forwarders.values()].map(({ forwarder }) => forwarder.close()))
        forwarders.clear()
      })
      await sweeping
    },
  }
}
