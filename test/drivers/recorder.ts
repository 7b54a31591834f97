import type { KubernetesNode, NodeObserver } from '../../src/drivers/kubernetes/access.ts'
import type { LocalImage, ObservedNetwork, ObservedNode, RuntimeObserver } from '../../src/drivers/runtime.ts'

/** Waits for what an observer is told, without sleeping. */
export interface Waiting {
  /** Resolves when the condition holds after something was told; rejects with `what` when patience ends first. */
  until(what: string, holds: () => boolean): Promise<void>
}

/** What a runtime has told so far, as a picture and as a list. */
export interface RuntimeRecorder extends RuntimeObserver, Waiting {
  readonly nodes: Map<string, ObservedNode>
  readonly networks: Map<string, ObservedNetwork>
  /** Images by id. */
  readonly present: Map<string, LocalImage>
  /** One line for each thing told: `node a running`, `node a gone`, `snapshot`, `down: why`. */
  readonly told: string[]
}

/** What a cluster's watch has told so far. */
export interface NodeRecorder extends NodeObserver, Waiting {
  readonly nodes: Map<string, KubernetesNode>
  /** `synced`, `a Ready`, `a NotReady`, `a gone`, `down`. */
  readonly told: string[]
}

export function recordRuntime(patienceMs: number): RuntimeRecorder {
  const nodes = new Map<string, ObservedNode>()
  const networks = new Map<string, ObservedNetwork>()
  const present = new Map<string, LocalImage>()
  const { told, tell, wake, until } = createWaiting(patienceMs)
  return {
    nodes,
    networks,
    present,
    told,
    until,
    images(all) {
      present.clear()
      for (const image of all) present.set(image.id, image)
      wake()
    },
    snapshot(allNodes, allNetworks) {
      nodes.clear()
      networks.clear()
      for (const node of allNodes) nodes.set(node.name, node)
      for (const network of allNetworks) networks.set(network.name, network)
      tell('snapshot')
    },
    node(node) {
      nodes.set(node.name, node)
      tell(`node ${node.name} ${node.state}`)
    },
    nodeGone(name) {
      nodes.delete(name)
      tell(`node ${name} gone`)
    },
    network(network) {
      networks.set(network.name, network)
      tell(`network ${network.name}`)
    },
    networkGone(name) {
      networks.delete(name)
      tell(`network ${name} gone`)
    },
    down: reason => tell(`down: ${reason}`),
  }
}

export function recordNodes(patienceMs: number): NodeRecorder {
  const nodes = new Map<string, KubernetesNode>()
  const { told, tell, until } = createWaiting(patienceMs)
  return {
    nodes,
    told,
    until,
    synced(all) {
      nodes.clear()
      for (const node of all) nodes.set(node.name, node)
      tell('synced')
    },
    changed(node) {
      nodes.set(node.name, node)
      tell(`${node.name} ${node.ready ? 'Ready' : 'NotReady'}`)
    },
    gone(name) {
      nodes.delete(name)
      tell(`${name} gone`)
    },
    down: () => tell('down'),
  }
}

function createWaiting(patienceMs: number) {
  const told: string[] = []
  let next = Promise.withResolvers<void>()
  const wake = () => {
    next.resolve()
    next = Promise.withResolvers()
  }
  return {
    told,
    wake,
    tell(line: string) {
      told.push(line)
      wake()
    },
    async until(what: string, holds: () => boolean) {
      const patience = Promise.withResolvers<never>()
      const timer = setTimeout(() => {
        patience.reject(new Error(`not told within ${patienceMs} ms: ${what}; told: ${told.slice(-20).join(', ')}`))
      }, patienceMs)
      try {
        while (!holds()) await Promise.race([next.promise, patience.promise])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
