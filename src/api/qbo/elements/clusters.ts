import type { Static } from '@sinclair/typebox'
import type { Engine } from '../../../engine/api.ts'
import type { Cluster } from '../../../engine/clusters/schema.ts'
import type { Node } from '../../../engine/nodes/schema.ts'
import type { clusterElement, nodeElement } from '../messages/elements.schema.ts'
import { follow } from './follow.ts'
import { createSource, type Source } from './source.ts'

type Tables = Engine['tables']

/** A node's name with and without its domain. */
export function nodeNames(name: string): string[] {
  return [name, name.replace(/\..*$/, '')]
}

export function clusterSource(tables: Pick<Tables, 'clusters' | 'nodes'>, stamp: () => number): Source {
  const controlPlanes = indexControlPlanes(tables.nodes)
  return createSource<Cluster>({
    key: 'clusters',
    subcommand: 'SUBCMD_CLUSTER',
    table: tables.clusters,
    stamp,
    elements: (cluster, gone) => [
      {
        name: cluster.name,
        id: cluster.id,
        address: cluster.apiServer?.replace(/^https:\/\//, '') ?? '',
        control_plane: controlPlanes.get(cluster.id) ?? '',
        state: gone ? 'deleted' : cluster.state,
        user: cluster.owner ?? '',
      } satisfies Static<typeof clusterElement>,
    ],
    names: cluster => [cluster.name],
    ids: cluster => [cluster.id],
  })
}

export function nodeSource(tables: Pick<Tables, 'clusters' | 'nodes'>, stamp: () => number): Source {
  const containerOf = lastContainers(tables.nodes)
  return createSource<Node>({
    key: 'nodes',
    subcommand: 'SUBCMD_NODE',
    table: tables.nodes,
    stamp,
    elements: (node, gone) => {
      if (!gone && isLeaving(tables, node)) return []
      return [
        {
          name: node.name,
          id: containerOf(node),
          image: node.image.replace(/(:[^/@]+)@.*$/, '$1'),
          cluster: node.cluster,
          state: gone ? 'deleted' : node.state,
          address: node.address ?? '',
          os: node.os ?? '',
          kernel: node.kernel ?? '',
          user: node.owner ?? '',
          cluster_id: node.clusterId,
        } satisfies Static<typeof nodeElement>,
      ]
    },
    names: node => [...nodeNames(node.name), node.cluster],
    ids: node => [node.id, node.clusterId, ...(node.containerId === null ? [] : [node.containerId])],
  })
}

/** The name of each cluster's control plane node, by the cluster's id. */
function indexControlPlanes(nodes: Tables['nodes']): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  follow(nodes, ({ type, object }) => {
    if (object.role !== 'control-plane') return
    if (type !== 'DELETED') names.set(object.clusterId, object.name)
    else if (names.get(object.clusterId) === object.name) names.delete(object.clusterId)
  })
  return names
}

/** A node whose container is gone for good shows as it was last, until it is deleted: not as one that is made. */
function isLeaving(tables: Pick<Tables, 'clusters'>, node: Readonly<Node>): boolean {
  if (node.containerId !== null) return false
  return !node.running || tables.clusters.byName(node.cluster)?.state === 'deleting'
}

/**
 * The id that a node is shown by: its container's, also when that is gone, so that its last message is about the same
 * id as those before.
 */
function lastContainers(nodes: Tables['nodes']): (node: Readonly<Node>) => string {
  const last = new Map<string, string>()
  follow(nodes, ({ type, object }) => {
    if (type === 'DELETED') last.delete(object.id)
    else if (object.containerId !== null) last.set(object.id, object.containerId)
  })
  return node => node.containerId ?? last.get(node.id) ?? node.id
}
