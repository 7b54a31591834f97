import type { Clock } from '../../clock.ts'
import type { RuntimeObserver } from '../../drivers/runtime.ts'
import type { Observed } from './observed.ts'

export interface ObserverOptions {
  observed: Observed
  clock: Clock
  /** What is seen of one cluster has changed: by id where the container or network carries one, and the node that is gone. */
  onCluster(clusterId: string | null, gone?: string): void
  /** Everything may have changed. */
  onSnapshot(): void
  onDown(reason: string): void
}

/** Keeps what a runtime reports, and tells whose cluster it concerns. */
export function createObserver({ observed, clock, onCluster, onSnapshot, onDown }: ObserverOptions): RuntimeObserver {
  return {
    images(images) {
      observed.images = images
    },
    snapshot(nodes, networks) {
      observed.nodes = new Map(nodes.map(node => [node.name, node]))
      observed.networks = new Map(networks.map(network => [network.name, network]))
      observed.down = null
      observed.synced = true
      onSnapshot()
    },
    node(node) {
      observed.nodes.set(node.name, node)
      onCluster(node.clusterId)
    },
    nodeGone(name) {
      const node = observed.nodes.get(name)
      observed.nodes.delete(name)
      if (node) onCluster(node.clusterId, name)
    },
    network(network) {
      observed.networks.set(network.name, network)
      onCluster(network.clusterId)
    },
    networkGone(name) {
      const network = observed.networks.get(name)
      observed.networks.delete(name)
      if (network) onCluster(network.clusterId)
    },
    down(reason) {
      observed.down ??= { since: new Date(clock.now()), reason }
      onDown(reason)
    },
  }
}
