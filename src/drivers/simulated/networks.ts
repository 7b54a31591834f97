import type { NetworkDriver } from '../runtime.ts'
import { RuntimeError } from '../runtime.ts'
import type { Acts } from './acts.ts'
import type { NetworkState } from './state.ts'
import { overlap } from './subnet.ts'
import type { World } from './world.ts'

const seconds = { ensure: 0.3, remove: 0.3 }

/** Docker's own network, which every host has. */
export function firstNetworks(newId: () => string): NetworkState[] {
  return [hostNetwork(newId(), 'bridge', '172.17')]
}

/** A network of the host that no gateway made, by the first half of its addresses. */
export function hostNetwork(id: string, name: string, half: string): NetworkState {
  return { id, name, subnet: `${half}.0.0/16`, hostAddress: `${half}.0.1`, clusterId: null, gateway: null }
}

export function createNetworkDriver(world: World, acts: Acts, newId: () => string): NetworkDriver {
  return {
    async taken() {
      await acts.enter('taken', '')
      return Array.from(world.networks.values(), network => network.subnet)
    },

    async ensure({ name, clusterId, gatewayId, subnet, hostAddress }) {
      await acts.enter('ensureNetwork', name)
      if (world.networks.has(name)) return
      await acts.spend(seconds.ensure)
      if (world.networks.has(name)) return
      const other = [...world.networks.values()].find(network => overlap(network.subnet, subnet))
      if (other)
        throw new RuntimeError('SubnetTaken', `the subnet ${subnet} overlaps ${other.subnet} of network ${other.name}`)
      const network = { id: newId(), name, subnet, hostAddress, clusterId, gateway: gatewayId }
      world.networks.set(name, network)
      world.networkChanged(network)
    },

    async remove(name) {
      await acts.enter('removeNetwork', name)
      if (!world.networks.has(name)) return
      await acts.spend(seconds.remove)
      const user = [...world.nodes.values()].find(node => node.network === name && node.state === 'running')
      if (user) throw new Error(`error while removing network: network ${name} has active endpoints (${user.name})`)
      if (world.networks.delete(name)) world.networkGone(name)
    },
  }
}
