import type { NodeDriver } from '../runtime.ts'
import { RuntimeError } from '../runtime.ts'
import type { Acts } from './acts.ts'
import { findImage } from './images.ts'
import type { Kubernetes } from './kubernetes.ts'
import { inventProcesses } from './processes.ts'
import type { NodeState } from './state.ts'
import { contains } from './subnet.ts'
import { claimsOf, portClaim, type World } from './world.ts'

const seconds = { create: 1.5, start: 0.4, stop: 1.5, remove: 0.5 }

/** What systemd leaves when it was asked to halt. */
const haltedExitCode = 130
export const killedExitCode = 137

/** What can happen to a node, whoever does it. */
export interface NodePower {
  on(node: NodeState): void
  off(node: NodeState, exitCode: number): void
  drop(node: NodeState): void
}

export function createNodePower(world: World, kubernetes: Kubernetes): NodePower {
  const off = (node: NodeState, exitCode: number) => {
    if (node.state !== 'running') return
    node.state = 'exited'
    node.exitCode = exitCode
    for (const claim of claimsOf(node)) world.claims.delete(claim)
    world.nodeChanged(node)
    kubernetes.nodeStopped(node)
  }
  return {
    off,
    on(node) {
      if (node.state === 'running') return
      for (const claim of claimsOf(node)) world.claims.set(claim, node.name)
      node.state = 'running'
      node.exitCode = null
      world.nodeChanged(node)
      kubernetes.nodeStarted(node)
    },
    drop(node) {
      off(node, killedExitCode)
      world.nodes.delete(node.name)
      world.nodeGone(node.name)
      kubernetes.nodeRemoved(node)
    },
  }
}

export interface NodeDriverOptions {
  world: World
  acts: Acts
  power: NodePower
  newId: () => string
}

export function createNodeDriver({ world, acts, power, newId }: NodeDriverOptions): NodeDriver {
  const present = (name: string) => {
    const node = world.nodes.get(name)
    if (!node) throw new RuntimeError('NodeMissing', `there is no container ${name}`)
    return node
  }

  return {
    async create(spec) {
      await acts.enter('create', spec.name)
      const image = findImage(world, spec.image)
      if (!image) throw new RuntimeError('ImageUnavailable', `no such image: ${spec.image}`)
      if (world.nodes.has(spec.name)) return
      await acts.spend(seconds.create)
      if (world.nodes.has(spec.name)) return
      const node: NodeState = {
        id: newId(),
        name: spec.name,
        cluster: spec.cluster,
        clusterId: spec.clusterId,
        gateway: spec.gatewayId,
        role: spec.role,
        image: spec.image,
        imageId: image.id,
        state: 'created',
        address: spec.address,
        network: spec.network,
        apiServer: spec.apiServer && { ...spec.apiServer },
        exitCode: null,
        prepared: false,
        joinedTo: null,
      }
      world.nodes.set(node.name, node)
      world.nodeChanged(node)
    },

    async start(name) {
      await acts.enter('start', name)
      if (present(name).state === 'running') return
      await acts.spend(seconds.start)
      const node = present(name)
      if (node.state === 'running') return
      mayStart(world, node)
      power.on(node)
    },

    async stop(name, graceSeconds) {
      await acts.enter('stop', name)
      if (world.nodes.get(name)?.state !== 'running') return
      await acts.spend(Math.min(seconds.stop, graceSeconds))
      const node = world.nodes.get(name)
      if (node) power.off(node, graceSeconds < seconds.stop ? killedExitCode : haltedExitCode)
    },

    async remove(name) {
      await acts.enter('remove', name)
      if (!world.nodes.has(name)) return
      await acts.spend(seconds.remove)
      const node = world.nodes.get(name)
      if (node) power.drop(node)
    },

    async processes(name) {
      await acts.enter('processes', name)
      const node = present(name)
      if (node.state !== 'running') throw new RuntimeError('NodeNotRunning', `${name} is not running`)
      return inventProcesses(node, world.apiServers.get(name)?.answers ?? false)
    },

    async listening(name, signal) {
      await acts.enter('listening', name)
      signal.throwIfAborted()
      const node = present(name)
      if (node.state !== 'running') throw new RuntimeError('NodeNotRunning', `${name} is not running`)
      const control = world.apiServers.get(name)?.answers ?? false
      const ports = [...(node.joinedTo === null ? [] : [10248, 10250, 10256]), ...(control ? [2379, 2380, 6443] : [])]
      return ports.map(port => ({ protocol: 'TCP', port }))
    },
  }
}

/** Throws where a real daemon could not give the node its port, its network or its address. */
function mayStart(world: World, node: NodeState): void {
  const { name, apiServer, address } = node
  const holder = apiServer && world.claims.get(portClaim(apiServer.port))
  if (holder) {
    const where = `${apiServer.host}:${apiServer.port}`
    throw new RuntimeError('PortTaken', `${name}: bind for ${where} failed: port is already allocated (${holder})`)
  }
  const network = world.networks.get(node.network)
  if (!network) throw new Error(`${name}: network ${node.network} not found`)
  if (!contains(network.subnet, address))
    throw new Error(`${name}: ${address} is not in ${network.subnet}, its network`)
  const neighbour = world.claims.get(`${node.network}/${address}`)
  if (neighbour) throw new Error(`${name}: address already in use: ${address} (${neighbour})`)
}
