import type { BootstrapDriver } from '../runtime.ts'
import { RuntimeError } from '../runtime.ts'
import type { Acts } from './acts.ts'
import { simulatedKubeconfig } from './kubeconfig.ts'
import type { Kubernetes } from './kubernetes.ts'
import type { NodeState } from './state.ts'
import type { World } from './world.ts'

const seconds = { prepare: 0.2, init: 5, initDone: 3, addons: 1.2, join: 3.5 }

const versionOfUnknownImages = 'v1.34.4'

export interface BootstrapOptions {
  world: World
  acts: Acts
  kubernetes: Kubernetes
}

export function createBootstrapDriver({ world, acts, kubernetes }: BootstrapOptions): BootstrapDriver {
  const present = (name: string) => {
    const node = world.nodes.get(name)
    if (!node) throw new RuntimeError('NodeMissing', `there is no container ${name}`)
    return node
  }

  const running = (name: string) => {
    const node = present(name)
    if (node.state !== 'running') throw new RuntimeError('NodeNotRunning', `${name} is not running`)
    return node
  }

  /** A node that kubeadm is about to run in. */
  const prepared = (name: string) => {
    const node = running(name)
    if (!node.prepared) throw failed(name, 'unable to read config from "/kind/kubeadm.conf": no such file or directory')
    return node
  }

  /** The node that kubeadm ran in, after it. */
  const still = (name: string) => {
    const node = world.nodes.get(name)
    if (node?.state !== 'running') throw failed(name, `the node ${name} stopped while kubeadm ran`)
    return node
  }

  const versionOf = (node: NodeState) => {
    const tags = world.images.get(node.imageId)?.tags ?? []
    return (
      tags.map(tag => /:(v1\.\d+\.\d+)/.exec(tag)?.[1]).find(version => version !== undefined) ?? versionOfUnknownImages
    )
  }

  const initApiServer = async (name: string, signal: AbortSignal) => {
    await acts.enter('init', name, signal)
    prepared(name)
    if (!world.apiServers.has(name)) await acts.spend(seconds.init, signal)
    still(name)
    if (!world.apiServers.has(name)) kubernetes.begin(name)
    await kubernetes.answering(name, signal)
  }

  const initRest = async (name: string, nodes: number, signal: AbortSignal) => {
    await acts.enter('initDone', name, signal)
    if (world.apiServers.get(name)?.initialized) return
    await acts.spend(seconds.initDone, signal)
    const api = await kubernetes.answering(name, signal)
    const node = still(name)
    api.initialized = true
    const version = versionOf(node)
    kubernetes.register(name, node, version, controlPlaneLabels(version, nodes))
  }

  return {
    async prepare(_cluster, { name }) {
      await acts.enter('prepare', name)
      if (present(name).state === 'created') await acts.spend(seconds.prepare)
      const node = present(name)
      if (node.state === 'created') {
        node.prepared = true
        world.touched()
      }
      return versionOf(node)
    },

    init({ controlPlane, nodes }, signal) {
      const apiServer = initApiServer(controlPlane.name, signal)
      const done = apiServer.then(() => initRest(controlPlane.name, nodes, signal))
      // Whoever waits for one of them only shall not be killed by the other.
      for (const each of [apiServer, done]) each.catch(() => undefined)
      return { apiServer, done }
    },

    async addons({ controlPlane }, signal) {
      await acts.enter('addons', controlPlane.name, signal)
      running(controlPlane.name)
      const api = await kubernetes.answering(controlPlane.name, signal)
      if (api.addons) return
      await acts.spend(seconds.addons, signal)
      await kubernetes.answering(controlPlane.name, signal)
      kubernetes.networkReady(controlPlane.name)
    },

    async join({ controlPlane }, { name }, signal) {
      await acts.enter('join', name, signal)
      const before = prepared(name)
      await kubernetes.answering(controlPlane.name, signal)
      if (before.joinedTo !== controlPlane.name) await acts.spend(seconds.join, signal)
      await kubernetes.answering(controlPlane.name, signal)
      const node = still(name)
      kubernetes.register(controlPlane.name, node, versionOf(node), {})
    },

    forget() {
      // Nothing is kept beside the nodes themselves.
    },

    async kubeconfig({ name }) {
      await acts.enter('kubeconfig', name)
      const { cluster, apiServer } = present(name)
      if (!world.apiServers.has(name) || !apiServer)
        throw new RuntimeError('BootstrapFailed', `${name} holds no kubeconfig: kubeadm init has not run there`)
      return simulatedKubeconfig(cluster, apiServer)
    },

    async access({ name }) {
      await acts.enter('access', name)
      present(name)
      return kubernetes.access(name)
    },
  }
}

function failed(node: string, output: string): RuntimeError {
  return new RuntimeError('BootstrapFailed', `kubeadm failed in ${node}: ${output}`, { output: `error: ${output}\n` })
}

function controlPlaneLabels(version: string, nodes: number): Record<string, string> {
  const minor = Number(version.split('.')[1])
  return {
    'node-role.kubernetes.io/control-plane': '',
    ...(minor < 24 ? { 'node-role.kubernetes.io/master': '' } : {}),
    ...(nodes > 1 ? { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } : {}),
  }
}
