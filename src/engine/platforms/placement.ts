import type { Cluster } from '../clusters/schema.ts'
import type { Table } from '../mirror/mirror.ts'
import { labels, namespaceOf, type Unit } from './names.ts'
import type { PlatformRow } from './queries/platforms.ts'

/** A pod as far as readiness goes. */
export interface SeenPod {
  labels: Record<string, string>
  ready: boolean
}

/** `goes`: it is gone, or has just been told to. */
export type PodListener = (labels: Record<string, string>, how: { goes: boolean }) => void

/** The live pods of clusters. */
export interface PodSource {
  /** Those of a namespace in a cluster, by the cluster's name. */
  of(cluster: string, namespace: string): SeenPod[]
  /** Calls the listener with the labels of each pod that comes, changes or goes. */
  subscribe(listener: PodListener): () => unknown
}

/** Where platforms' things are, and what runs there. */
export interface Placement {
  /** The cluster of a platform, its own or the configured one; undefined where there is none. */
  clusterOf(platform: Pick<PlatformRow, 'clusterId'>): Readonly<Cluster> | undefined
  /** A cluster by its id. */
  cluster(id: string): Readonly<Cluster> | undefined
  /** Whether a component's pod is ready: of this revision, where one is given. */
  isReady(unit: Unit, cluster: string, component: { name: string; hash: string }, revision?: string): boolean
}

export function createPlacement(options: {
  clusters: Table<Cluster>
  pods: PodSource
  /** The setting KUBEFOX_CLUSTER; empty: none. */
  defaultCluster: string
}): Placement {
  const { clusters, pods, defaultCluster } = options
  return {
    clusterOf: ({ clusterId }) => {
      const found = clusterId === null ? clusters.byName(defaultCluster) : clusters.get(clusterId)
      return found?.managedBy === 'kindgate' ? found : undefined
    },
    cluster: id => clusters.get(id),
    isReady: (unit, cluster, { name, hash }, revision) =>
      pods
        .of(cluster, namespaceOf(unit))
        .some(
          pod =>
            pod.ready &&
            pod.labels[labels.component] === name &&
            pod.labels[labels.hash] === hash &&
            (revision === undefined || pod.labels[labels.revision] === revision),
        ),
  }
}

/** Whether work in a cluster can be tried now. */
export function isUp({ state }: Readonly<Cluster>): boolean {
  return state === 'ready' || state === 'degraded'
}
