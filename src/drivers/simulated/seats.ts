import type { Clock } from '../../clock.ts'
import type { KubernetesEndpoints, KubernetesNode, KubernetesPod, KubernetesService } from '../kubernetes/access.ts'
import { textAt } from '../kubernetes/objects.ts'
import { type Channel, createChannel } from './channel.ts'
import type { KubernetesNodeState, NodeState } from './state.ts'
import type { PodsOptions } from './workloads/pods.ts'
import { createWorkloads, type Workloads } from './workloads/workloads.ts'
import type { ApiServer, World } from './world.ts'

/** The place of one API server, by its control plane node: who watches it, and what it holds once it is there. */
export interface Seat {
  readonly nodes: Channel<KubernetesNode>
  readonly pods: Channel<KubernetesPod>
  readonly services: Channel<KubernetesService>
  readonly endpoints: Channel<KubernetesEndpoints>
  /** Undefined while there is no API server. */
  workloads(): Workloads | undefined
  nodeChanged(node: KubernetesNodeState): void
  /** Whether the API server answers has changed. */
  answers(): void
}

export interface SeatsOptions {
  world: World
  clock: Clock
  newId: () => string
  refused(controlPlane: string): string
  later: PodsOptions['later']
  onError(error: unknown): void
}

/** Objects with this label are made for load, and not kept in the state file. */
export const loadLabel = 'simulated.kindgate.io/load'

export function createSeats(options: SeatsOptions): { of(controlPlane: string): Seat } {
  const seats = new Map<string, Seat>()
  return {
    of(controlPlane) {
      const seat = seats.get(controlPlane) ?? createSeat(controlPlane, options)
      seats.set(controlPlane, seat)
      return seat
    },
  }
}

function createSeat(controlPlane: string, { world, clock, newId, refused, later, onError }: SeatsOptions): Seat {
  let held: { api: ApiServer; workloads: Workloads } | undefined

  const channel = <T>(list: (api: ApiServer, workloads: Workloads) => T[]) =>
    createChannel<T>({
      state() {
        const all = workloads()
        return held?.api.answers && all ? list(held.api, all) : { down: refused(controlPlane) }
      },
      onError,
    })
  const nodes = channel(api => Array.from(api.nodes.values(), shown))
  const pods = channel((_, all) => all.listPods())
  const services = channel((_, all) => all.listServices())
  const endpoints = channel((_, all) => all.listEndpoints())

  function workloads(): Workloads | undefined {
    const api = world.apiServers.get(controlPlane)
    if (!api) return undefined
    if (held?.api !== api) {
      held = {
        api,
        workloads: createWorkloads({
          stored: api.objects(),
          nodes: () => [...api.nodes.keys()].flatMap(name => world.nodes.get(name) ?? []).filter(schedulable(api)),
          registered: () => [...api.nodes.keys()],
          isReady: name => api.nodes.get(name)?.ready === true,
          now: clock.now,
          later: (key, seconds, then) => later(`${controlPlane}/${key}`, seconds, then),
          newId,
          pods,
          services,
          endpoints,
          onChange: world.touched,
        }),
      }
      const { objects } = held.workloads
      api.objects = () => objects.everything().filter(object => textAt(object.metadata, 'labels', loadLabel) === '')
    }
    return held?.workloads
  }

  return {
    nodes,
    pods,
    services,
    endpoints,
    workloads,
    nodeChanged: node => nodes.changed(shown(node)),
    answers() {
      for (const each of [nodes, pods, services, endpoints]) each.answers()
    },
  }
}

function schedulable(api: ApiServer): (node: NodeState) => boolean {
  return ({ name }) => api.nodes.get(name)?.schedulable === true
}

const capacity = { cpu: '4', memory: '8145400Ki', pods: '110', 'ephemeral-storage': '61255492Ki' }

function shown(node: KubernetesNodeState): KubernetesNode {
  return {
    ...node,
    labels: { ...node.labels },
    containerRuntime: 'containerd://2.1.3',
    capacity,
    allocatable: capacity,
    conditions: [
      ...['MemoryPressure', 'DiskPressure', 'PIDPressure'].map(type => ({
        type,
        status: 'False',
        reason: `KubeletHasSufficient${type.slice(0, -8)}`,
        message: '',
        since: null,
      })),
      {
        type: 'Ready',
        status: node.ready ? 'True' : 'False',
        reason: node.ready ? 'KubeletReady' : 'KubeletNotReady',
        message: node.message,
        since: null,
      },
    ],
  }
}
