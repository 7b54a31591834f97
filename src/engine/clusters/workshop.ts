import type { Clock } from '../../clock.ts'
import { type Runtime, RuntimeError } from '../../drivers/runtime.ts'
import type { Store } from '../../store/postgres.ts'
import type { KubernetesWatches } from '../kubernetes/watches.ts'
import { chooseSubnet, moveAddress } from '../networks/allocate.ts'
import type { Observed } from '../nodes/observed.ts'
import type { Signal } from '../signal.ts'
import { choosePort } from './create.ts'
import { deleteNodes, lockAllocated, setAddress, setBootstrapped, updateCluster } from './queries.ts'
import { controlPlaneOf, type Desired } from './rows.ts'
import type { ClusterState } from './state.ts'
import type { Recorder, Work, WorkSettings } from './steps/work.ts'

export interface WorkshopOptions {
  store: Store
  runtime: Runtime
  observed: Observed
  clusters: ClusterState
  watches: KubernetesWatches
  /** Fires whenever what is seen has changed. */
  seen: Signal
  clock: Clock
  gatewayId: string
  settings: WorkSettings
}

/** Makes what the steps of one cluster work with. */
export function createWorkshop(options: WorkshopOptions): (id: string) => Work {
  const { store, runtime, observed, clusters, watches, seen, clock, gatewayId, settings } = options

  return id => {
    const current = (): Desired => {
      const desired = clusters.get(id)
      if (!desired) throw new Error('the cluster is gone')
      return desired
    }
    return {
      runtime,
      observed,
      clock,
      gatewayId,
      settings,
      current,
      record: recorderOf(id, current),
      until: (holds, signal) =>
        seen.until(() => {
          if (observed.down) throw new RuntimeError('RuntimeUnavailable', observed.down.reason)
          return holds()
        }, signal),
      watchKubernetes() {
        const control = observed.nodes.get(controlPlaneOf(current()).name)
        if (control) watches.watch(id, control)
      },
    }
  }

  function recorderOf(id: string, current: () => Desired): Recorder {
    /** Written first, then known here: a step that ends has both behind it. */
    const record = async (write: () => Promise<unknown>) => {
      await write()
      await clusters.refresh(id)
    }
    return {
      cluster: changes => record(() => updateCluster(store.sql, id, changes)),
      bootstrapped: (node, done) =>
        record(() => setBootstrapped(store.sql, node.id, done ? new Date(clock.now()) : null)),
      gone: nodes =>
        record(() =>
          deleteNodes(
            store.sql,
            nodes.map(node => node.id),
          ),
        ),
      moved: taken =>
        record(() =>
          store.transaction(async sql => {
            const held = await lockAllocated(sql)
            const subnet = chooseSubnet(settings.networkPool, [...taken, ...held.map(each => each.subnet)])
            if (subnet === undefined)
              throw new RuntimeError('SubnetTaken', `no /24 is free in ${settings.networkPool} (setting NETWORK_POOL)`)
            const { cluster, nodes } = current()
            await updateCluster(sql, id, { subnet })
            for (const node of nodes) await setAddress(sql, node.id, moveAddress(node.address, cluster.subnet, subnet))
          }),
        ),
      republished: () =>
        record(() =>
          store.transaction(async sql => {
            const held = await lockAllocated(sql)
            await updateCluster(sql, id, { apiPort: choosePort(held.map(each => each.apiPort)) })
          }),
        ),
    }
  }
}
