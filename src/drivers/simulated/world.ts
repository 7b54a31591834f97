import type { JsonObject } from '../kubernetes/objects.ts'
import type { LocalImage, ObservedNetwork, ObservedNode, RuntimeObserver } from '../runtime.ts'
import type { ApiServerState, ImageState, KubernetesNodeState, NetworkState, NodeState, State } from './state.ts'

/** One cluster's API server with its objects, which lie in its control plane node and go with it. */
export interface ApiServer extends Omit<ApiServerState, 'nodes' | 'objects'> {
  nodes: Map<string, KubernetesNodeState>
  /** Everything else that it holds, for the state file. */
  objects(): JsonObject[]
  answers: boolean
}

/** What there is. Whoever changes something here tells of it by the functions below. */
export interface World {
  readonly images: Map<string, ImageState>
  readonly networks: Map<string, NetworkState>
  readonly nodes: Map<string, NodeState>
  /** By control plane node. */
  readonly apiServers: Map<string, ApiServer>
  /** The running node that holds a published port (`port/40001`) or an address (`<network>/10.0.0.2`). */
  readonly claims: Map<string, string>
  readonly observers: Set<RuntimeObserver>
  nodeChanged(node: NodeState): void
  nodeGone(name: string): void
  networkChanged(network: NetworkState): void
  networkGone(name: string): void
  imagesChanged(): void
  /** Something was changed that no observer hears of. */
  touched(): void
  /** Tells each observer, in turn; one that throws disturbs nobody. */
  tell(what: (observer: RuntimeObserver) => void): void
  tellOne(observer: RuntimeObserver, what: (observer: RuntimeObserver) => void): void
  snapshot(observer: RuntimeObserver): void
}

export interface WorldOptions {
  state: State
  /** Called after every change. */
  onChange: () => void
  /** Whether observers see anything. */
  visible: () => boolean
  onError: (error: unknown) => void
}

export function createWorld({ state, onChange, visible, onError }: WorldOptions): World {
  const images = new Map(state.images.map(image => [image.id, image]))
  const networks = new Map(state.networks.map(network => [network.name, network]))
  const nodes = new Map(state.nodes.map(node => [node.name, node]))
  const running = state.nodes.filter(node => node.state === 'running')
  const observers = new Set<RuntimeObserver>()

  const tellOne = (observer: RuntimeObserver, what: (observer: RuntimeObserver) => void) => {
    try {
      what(observer)
    } catch (error) {
      onError(error)
    }
  }
  const tell = (what: (observer: RuntimeObserver) => void) => {
    for (const observer of observers) tellOne(observer, what)
  }
  const changed = (what: (observer: RuntimeObserver) => void) => {
    onChange()
    if (visible()) tell(what)
  }

  return {
    images,
    networks,
    nodes,
    apiServers: new Map(
      state.apiServers.map(api => [
        api.controlPlane,
        {
          ...api,
          nodes: new Map(api.nodes.map(node => [node.name, node])),
          objects: () => api.objects ?? [],
          answers: nodes.get(api.controlPlane)?.state === 'running',
        },
      ]),
    ),
    claims: new Map(running.flatMap(node => claimsOf(node).map(claim => [claim, node.name]))),
    observers,
    tell,
    tellOne,
    touched: onChange,
    nodeChanged: node => changed(observer => observer.node(observedNode(node))),
    nodeGone: name => changed(observer => observer.nodeGone(name)),
    networkChanged: network => changed(observer => isOurs(network) && observer.network(observedNetwork(network))),
    networkGone: name => changed(observer => observer.networkGone(name)),
    imagesChanged: () => changed(observer => observer.images(Array.from(images.values(), copyImage))),
    snapshot(observer) {
      observer.images(Array.from(images.values(), copyImage))
      observer.snapshot(
        Array.from(nodes.values(), observedNode),
        [...networks.values()].filter(isOurs).map(observedNetwork),
      )
    },
  }
}

/** The state file's content. */
export function stateOf(world: World): State {
  return {
    version: 1,
    images: [...world.images.values()],
    networks: [...world.networks.values()],
    nodes: [...world.nodes.values()],
    apiServers: Array.from(world.apiServers.values(), ({ controlPlane, initialized, addons, nodes, objects }) => ({
      controlPlane,
      initialized,
      addons,
      nodes: [...nodes.values()],
      objects: objects(),
    })),
  }
}

/** What only one running node can have. */
export function claimsOf(node: NodeState): string[] {
  const address = `${node.network}/${node.address}`
  return node.apiServer ? [address, portClaim(node.apiServer.port)] : [address]
}

export function portClaim(port: number): string {
  return `port/${port}`
}

function isOurs(network: NetworkState): boolean {
  return network.clusterId !== null
}

function observedNode({ prepared: _, joinedTo: __, apiServer, ...node }: NodeState): ObservedNode {
  return { ...node, apiServer: apiServer && { ...apiServer }, startedAt: null }
}

export function copyImage({ id, tags, digests, size }: ImageState): LocalImage {
  return { id, tags: [...tags], digests: [...digests], size }
}

function observedNetwork(network: NetworkState): ObservedNetwork {
  return { ...network }
}
