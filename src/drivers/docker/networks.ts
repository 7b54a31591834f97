import { networkInterfaces } from 'node:os'
import type { NetworkDriver } from '../runtime.ts'
import { RuntimeError } from '../runtime.ts'
import { act, type DockerClient, daemonMessage } from './client.ts'
import { clusterIdLabel, clusterLabel, gatewayLabel } from './labels.ts'

/** `local`: the daemon shares the gateway's host, so that its interfaces are known. */
export function createNetworkDriver({ acts }: DockerClient, { local }: { local: boolean }): NetworkDriver {
  return {
    async taken() {
      const networks = (await act(() => acts.listNetworks())) ?? []
      const ofDocker = networks.flatMap(network => network.IPAM?.Config?.map(range => range.Subnet) ?? [])
      const interfaces = local ? Object.values(networkInterfaces()) : []
      const ofHost = interfaces.flatMap(addresses => addresses?.map(each => each.cidr) ?? [])
      return [...ofDocker, ...ofHost].filter(range => range != null).filter(range => range.includes('.'))
    },

    async ensure({ name, cluster, clusterId, gatewayId, subnet, hostAddress }) {
      const found = await act(() => acts.getNetwork(name).inspect(), 404)
      if (found) return
      try {
        await act(
          () =>
            acts.createNetwork({
              Name: name,
              Driver: 'bridge',
              CheckDuplicate: true,
              IPAM: { Driver: 'default', Config: [{ Subnet: subnet, Gateway: hostAddress }] },
              Options: { 'com.docker.network.bridge.enable_ip_masquerade': 'true' },
              Labels: { [clusterIdLabel]: clusterId, [clusterLabel]: cluster, [gatewayLabel]: gatewayId },
            }),
          409,
        )
      } catch (error) {
        const message = daemonMessage(error)
        if (/overlaps|Pool overlaps|conflicts with network/i.test(message))
          throw new RuntimeError('SubnetTaken', message, { cause: error })
        throw error
      }
    },

    async remove(name) {
      await act(() => acts.getNetwork(name).remove(), 404)
    },
  }
}
