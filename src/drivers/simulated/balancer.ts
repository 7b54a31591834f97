import { type BalancerDriver, endpointKey, type ObservedVirtualServer } from '../balancer.ts'

/** A load balancer that forwards nothing: for clusters that are simulated, too. */
export function createSimulatedBalancer(): BalancerDriver {
  const servers = new Map<string, ObservedVirtualServer>()
  return {
    name: 'simulated',
    async ensure(server) {
      const realServers = server.realServers.map(each => ({
        ...each,
        weight: 1,
        activeConnections: 0,
        inactiveConnections: 0,
      }))
      servers.set(endpointKey(server), { ...server, realServers })
    },
    async remove(server) {
      servers.delete(endpointKey(server))
    },
    observe: async () => structuredClone([...servers.values()]),
    async prune(addresses) {
      for (const [key, { address }] of servers) if (!addresses.has(address)) servers.delete(key)
    },
    async close() {
      servers.clear()
    },
  }
}
