import type { Act, Acts, Release } from './acts.ts'
import { findImage, firstImages } from './images.ts'
import type { Kubernetes } from './kubernetes.ts'
import { hostNetwork } from './networks.ts'
import { killedExitCode, type NodePower } from './nodes.ts'
import { loadLabel } from './seats.ts'
import type { NodeState } from './state.ts'
import type { World } from './world.ts'

/** What a test or a demonstration does to the simulated runtime behind the gateway's back. */
export interface Inject {
  /** Every act rejects with RuntimeUnavailable, those under way too; observers are told `down`. Clusters run on. */
  breakDaemon(reason: string): void
  /** Acts work again; observers get a new snapshot. */
  mendDaemon(): void
  /** A running node exits with 137. Throws where there is no such node. */
  killNode(name: string): void
  /** Somebody else removes a node. Throws where there is no such node. */
  removeNode(name: string): void
  /** The next such act, on `target` where one is named, takes its time and then rejects with `error`. */
  failNext(act: Act, error: Error, target?: string): void
  /**
   * Holds every such act, on `target` where one is named, before it does anything, until the answer is called. A held
   * act ends early with its signal or with the daemon.
   */
  pause(act: Act, target?: string): Release
  /** A cluster that the `kind` CLI made, running and ready: no cluster id, kind's network and kind's names. */
  addKindCluster(name: string, workers?: number): void
  /** Makes so many pods in the namespace `load` of a cluster, for load; the state file does not keep them. */
  addPods(controlPlane: string, count: number): void
  /** Deletes so many of them, the oldest first, and makes as many others. */
  churnPods(controlPlane: string, count: number): void
}

export interface InjectOptions {
  world: World
  acts: Acts
  power: NodePower
  kubernetes: Kubernetes
  newId: () => string
}

export function createInject({ world, acts, power, kubernetes, newId }: InjectOptions): Inject {
  const present = (name: string) => {
    const node = world.nodes.get(name)
    if (!node) throw new Error(`there is no simulated node ${name}`)
    return node
  }

  const workloadsOf = (controlPlane: string) => {
    const workloads = kubernetes.seat(controlPlane).workloads()
    if (!workloads) throw new Error(`there is no simulated API server in ${controlPlane}`)
    return workloads
  }

  function addPods(controlPlane: string, count: number): void {
    const workloads = workloadsOf(controlPlane)
    for (let added = 0; added < count; added++)
      workloads.put({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `load-${newId().slice(0, 12)}`, namespace: 'load', labels: { [loadLabel]: 'true' } },
        spec: { restartPolicy: 'Always', containers: [{ name: 'load', image: 'registry.k8s.io/pause:3.10' }] },
        status: { phase: 'Pending' },
      })
  }

  return {
    addPods,
    churnPods(controlPlane, count) {
      const workloads = workloadsOf(controlPlane)
      const pods = workloads.objects.all({ apiVersion: 'v1', kind: 'Pod', namespace: 'load' })
      for (const pod of pods.slice(0, count)) workloads.remove(pod)
      addPods(controlPlane, Math.min(count, pods.length))
    },
    breakDaemon(reason) {
      acts.breakDaemon(reason)
      world.tell(observer => observer.down(reason))
    },
    mendDaemon() {
      if (acts.broken === undefined) return
      acts.mendDaemon()
      world.tell(world.snapshot)
    },
    killNode: name => power.off(present(name), killedExitCode),
    removeNode: name => power.drop(present(name)),
    failNext: acts.failNext,
    pause: acts.pause,

    addKindCluster(name, workers = 0) {
      const image = firstImages()[0]
      if (!image) return
      const version = image.tags[0]?.split(':')[1] ?? ''
      if (!findImage(world, image.id)) world.images.set(image.id, image)
      if (!world.networks.has('kind')) world.networks.set('kind', hostNetwork(newId(), 'kind', '172.18'))
      const others = [...world.nodes.values()].filter(node => node.network === 'kind')
      const first = others.reduce((last, node) => Math.max(last, lastByte(node.address)), 1) + 1
      const controlPlane = `${name}-control-plane`
      const names = [
        controlPlane,
        ...Array.from({ length: workers }, (_, i) => `${name}-worker${i === 0 ? '' : i + 1}`),
      ]
      for (const [index, nodeName] of names.entries()) {
        const node: NodeState = {
          id: newId(),
          name: nodeName,
          cluster: name,
          clusterId: null,
          gateway: null,
          role: index === 0 ? 'control-plane' : 'worker',
          image: image.tags[0] ?? image.id,
          imageId: image.id,
          state: 'created',
          address: `172.18.0.${first + index}`,
          network: 'kind',
          apiServer: index === 0 ? { host: '127.0.0.1', port: 36_000 + first } : null,
          exitCode: null,
          prepared: true,
          joinedTo: controlPlane,
        }
        world.nodes.set(nodeName, node)
        power.on(node)
        if (index === 0) kubernetes.begin(controlPlane)
        kubernetes.networkReady(controlPlane)
        kubernetes.register(
          controlPlane,
          node,
          version,
          index === 0 ? { 'node-role.kubernetes.io/control-plane': '' } : {},
        )
      }
    },
  }
}

function lastByte(address: string): number {
  return Number(address.split('.').at(-1))
}
