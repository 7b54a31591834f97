import type { Clock } from '../../clock.ts'
import type { ClusterAccess } from '../kubernetes/access.ts'
import { TransportError } from '../kubernetes/errors.ts'
import { RuntimeError } from '../runtime.ts'
import { createAbortGroup, orAborted } from './abort.ts'
import { createSimulatedAccess } from './access.ts'
import { type Acts, pacedMs } from './acts.ts'
import { createSeats, type Seat } from './seats.ts'
import type { KubernetesNodeState, NodeState } from './state.ts'
import { staticPods, systemObjects } from './workloads/system.ts'
import type { ApiServer, World } from './world.ts'

const seconds = {
  /** Until the API server answers after its node was started again. */
  boot: 6,
  ready: 1,
  /** The node controller's grace period (`--node-monitor-grace-period`). */
  notReady: 40,
}

const messages = {
  ready: 'kubelet is posting ready status',
  noNetwork:
    'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
  silent: 'Kubelet stopped posting node status.',
}

/** The API servers of all clusters and what Kubernetes does by itself. */
export interface Kubernetes {
  /** kubeadm has brought up the API server. */
  begin(controlPlane: string): void
  /** A kubelet registers its node. */
  register(controlPlane: string, node: NodeState, kubeletVersion: string, labels: Record<string, string>): void
  /** The network plugin is there. */
  networkReady(controlPlane: string): void
  /** Resolves when the API server answers; rejects with BootstrapFailed when its node is not there or goes. */
  answering(controlPlane: string, signal?: AbortSignal): Promise<ApiServer>
  access(controlPlane: string): ClusterAccess
  /** The API server of a control plane node, with its workloads. */
  seat(controlPlane: string): Seat
  nodeStarted(node: NodeState): void
  nodeStopped(node: NodeState): void
  nodeRemoved(node: NodeState): void
  /** From here on what Kubernetes does by itself is done, until the signal aborts. */
  live(signal: AbortSignal): void
}

export interface KubernetesOptions {
  world: World
  acts: Acts
  clock: Clock
  pace: number
  /** 64 hexadecimal digits. */
  newId: () => string
  onError: (error: unknown) => void
}

export function createKubernetes({ world, acts, clock, pace, newId, onError }: KubernetesOptions): Kubernetes {
  const waiting = new Map<string, Set<() => void>>()
  /** Node objects, pods and API servers that time will change; one timer for each. */
  let pending = new Set<string>()
  let life = createAbortGroup()
  const seats = createSeats({
    world,
    clock,
    newId,
    refused,
    later: (key, after, then) => later(key, after, then),
    onError,
  })

  const wake = (controlPlane: string) => {
    const all = waiting.get(controlPlane)
    waiting.delete(controlPlane)
    for (const each of all ?? []) each()
  }

  /** Runs `then` after its time, at once at pace 0; a second call while it waits changes nothing. */
  const later = (key: string, after: number, then: () => void) => {
    const ms = pacedMs(after, pace)
    if (ms === 0) return then()
    if (pending.has(key) || life.aborted) return
    const timers = pending.add(key)
    life
      .run(signal => clock.sleep(ms, signal))
      .then(
        () => {
          timers.delete(key)
          then()
        },
        () => timers.delete(key),
      )
  }

  const put = (api: ApiServer, node: KubernetesNodeState) => {
    const seat = seats.of(api.controlPlane)
    const before = api.nodes.get(node.name)
    api.nodes.set(node.name, node)
    world.touched()
    seat.nodeChanged(node)
    if (before?.ready !== node.ready) seat.workloads()?.nodesChanged()
  }

  const shouldBeReady = (api: ApiServer, name: string) => {
    const container = world.nodes.get(name)
    return api.addons && container?.state === 'running' && container.joinedTo === api.controlPlane
  }

  const due = (api: ApiServer, name: string) => {
    const node = api.answers ? api.nodes.get(name) : undefined
    return node && shouldBeReady(api, name) !== node.ready ? node : undefined
  }

  const settle = (api: ApiServer, name: string) => {
    const node = due(api, name)
    if (!node) return
    later(`${api.controlPlane}/${name}`, node.ready ? seconds.notReady : seconds.ready, () => {
      const now = due(api, name)
      if (now) put(api, { ...now, ready: !now.ready, message: now.ready ? messages.silent : messages.ready })
    })
  }

  const settleAll = (api: ApiServer) => {
    for (const name of api.nodes.keys()) settle(api, name)
  }

  const answer = (api: ApiServer) => {
    if (world.apiServers.get(api.controlPlane) !== api || world.nodes.get(api.controlPlane)?.state !== 'running') return
    api.answers = true
    seats.of(api.controlPlane).answers()
    wake(api.controlPlane)
    settleAll(api)
    seats.of(api.controlPlane).workloads()?.nodesChanged()
  }

  const boot = (api: ApiServer) => later(api.controlPlane, seconds.boot, () => answer(api))

  const fall = (controlPlane: string) => {
    const api = world.apiServers.get(controlPlane)
    if (api?.answers) {
      api.answers = false
      seats.of(controlPlane).answers()
    }
    wake(controlPlane)
  }

  const answeringNow = (controlPlane: string) => {
    const api = world.apiServers.get(controlPlane)
    if (!api?.answers) throw new TransportError('unreachable', refused(controlPlane))
    return api
  }

  const answeringWorkloads = (controlPlane: string) => {
    answeringNow(controlPlane)
    const workloads = seats.of(controlPlane).workloads()
    if (!workloads) throw new TransportError('unreachable', refused(controlPlane))
    return workloads
  }

  const settleIn = (node: NodeState) => {
    const api = node.joinedTo === null ? undefined : world.apiServers.get(node.joinedTo)
    if (api) settle(api, node.name)
  }

  return {
    begin(controlPlane) {
      const api: ApiServer = {
        controlPlane,
        initialized: false,
        addons: false,
        answers: false,
        nodes: new Map(),
        objects: () => [],
      }
      world.apiServers.set(controlPlane, api)
      world.touched()
      answer(api)
    },

    register(controlPlane, node, kubeletVersion, labels) {
      const api = world.apiServers.get(controlPlane)
      if (!api) return
      node.joinedTo = controlPlane
      if (!api.nodes.has(node.name)) put(api, newNode(node.name, kubeletVersion, labels))
      settle(api, node.name)
      if (node.name !== controlPlane) return
      for (const pod of staticPods(node.name, kubeletVersion)) seats.of(controlPlane).workloads()?.put(pod)
    },

    networkReady(controlPlane) {
      const api = world.apiServers.get(controlPlane)
      if (!api || api.addons) return
      api.addons = true
      world.touched()
      for (const object of systemObjects()) seats.of(controlPlane).workloads()?.put(object)
      settleAll(api)
    },

    answering: (controlPlane, signal) =>
      acts.run(async both => {
        while (true) {
          both.throwIfAborted()
          if (world.nodes.get(controlPlane)?.state !== 'running')
            throw new RuntimeError('BootstrapFailed', refused(controlPlane), {
              output: `error: ${refused(controlPlane)}`,
            })
          const api = world.apiServers.get(controlPlane)
          if (api?.answers) return api
          const woken = Promise.withResolvers<void>()
          const all = waiting.get(controlPlane) ?? new Set()
          waiting.set(controlPlane, all.add(woken.resolve))
          await orAborted(woken.promise, both).finally(() => all.delete(woken.resolve))
        }
      }, signal),

    access: controlPlane =>
      createSimulatedAccess({
        seat: seats.of(controlPlane),
        acts,
        clock,
        pace,
        answering: () => answeringNow(controlPlane),
        workloads: () => answeringWorkloads(controlPlane),
        put,
        touched: world.touched,
      }),

    seat: seats.of,

    nodeStarted(node) {
      const own = world.apiServers.get(node.name)
      if (own) boot(own)
      else settleIn(node)
    },

    nodeStopped(node) {
      if (node.role === 'control-plane') fall(node.name)
      else settleIn(node)
    },

    nodeRemoved(node) {
      if (world.apiServers.delete(node.name)) world.touched()
      if (node.role === 'control-plane') wake(node.name)
      else settleIn(node)
    },

    live(signal) {
      const lifeNow = createAbortGroup()
      life = lifeNow
      pending = new Set()
      signal.addEventListener('abort', () => lifeNow.abort(signal.reason), { once: true })
      for (const api of world.apiServers.values()) {
        if (api.answers) {
          settleAll(api)
          seats.of(api.controlPlane).workloads()?.nodesChanged()
        } else if (world.nodes.get(api.controlPlane)?.state === 'running') boot(api)
      }
    },
  }
}

function refused(controlPlane: string): string {
  return `the API server in ${controlPlane} does not answer: connection refused`
}

function newNode(name: string, kubeletVersion: string, labels: Record<string, string>): KubernetesNodeState {
  return {
    name,
    ready: false,
    reportedAt: null,
    message: messages.noNetwork,
    schedulable: true,
    // As kubeadm leaves a control plane that has workers.
    ...('node.kubernetes.io/exclude-from-external-load-balancers' in labels ? { tainted: true } : {}),
    kubeletVersion,
    kernel: '6.12.0-simulated',
    os: 'Debian GNU/Linux 12 (bookworm)',
    labels: { 'kubernetes.io/arch': 'amd64', 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', ...labels },
  }
}
