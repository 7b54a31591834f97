import { GatewayError } from '../../errors.ts'
import type { Principal } from '../accounts/principal.ts'
import type { NodeCommands } from '../api.ts'
import { issue } from '../clusters/command.ts'
import type { ClusterCommandDependencies } from '../clusters/commands.ts'
import { requireNodeCount } from '../clusters/create.ts'
import { requireCluster, requireNode, requireOurs, requireUsable, requireVersion } from '../clusters/guard.ts'
import { setNodesRemoving, setNodesRunning } from '../clusters/queries.ts'
import type { NodeRow } from '../clusters/rows.ts'
import type { CommandOptions } from '../command-options.ts'
import type { Table } from '../mirror/mirror.ts'
import type { Operation, OperationAction } from '../operations/schema.ts'
import { runtimeError } from '../runtime-error.ts'
import { growCluster } from './scale.ts'
import type { Node } from './schema.ts'

export interface NodeCommandDependencies extends ClusterCommandDependencies {
  tables: ClusterCommandDependencies['tables'] & { nodes: Table<Node> }
}

type Write = Parameters<typeof issue>[0]['write']

export function createNodeCommands(dependencies: NodeCommandDependencies): NodeCommands {
  const { tables, driver, settings } = dependencies

  async function change(
    principal: Principal,
    name: string,
    options: CommandOptions,
    { action, write }: { action: OperationAction; write(sql: Parameters<Write>[0], node: NodeRow): Promise<void> },
  ): Promise<Operation> {
    const seen = requireNode(tables.nodes, principal, name)
    const cluster = requireCluster(tables.clusters, principal, seen.cluster)
    requireOurs(cluster)
    return issue(
      {
        principal,
        options,
        action,
        target: { kind: 'node', name },
        cluster: { id: cluster.id, name: cluster.name },
        body: null,
        message: 'accepted',
        async write(sql, desired) {
          const now = requireNode(tables.nodes, principal, name)
          const node = desired?.nodes.find(each => each.name === name)
          if (!node) throw new GatewayError('NotFound', `there is no node ${JSON.stringify(name)}`)
          requireVersion(now, options)
          requireUsable(requireCluster(tables.clusters, principal, seen.cluster))
          if (!desired?.cluster.running)
            throw new GatewayError('Conflict', `the cluster ${cluster.name} is stopped; start it first`)
          await write(sql, node)
        },
      },
      dependencies,
    )
  }

  return {
    async add(principal, name, body, options = {}) {
      const cluster = requireCluster(tables.clusters, principal, name)
      requireOurs(cluster)
      const { count = 1 } = body
      return issue(
        {
          principal,
          options,
          action: 'addNodes',
          target: { kind: 'cluster', name },
          cluster: { id: cluster.id, name },
          body,
          message: 'accepted',
          async write(sql, desired) {
            const now = requireCluster(tables.clusters, principal, name)
            requireVersion(now, options)
            requireUsable(now)
            if (!desired?.cluster.running)
              throw new GatewayError('Conflict', `the cluster ${name} is stopped; start it first`)
            requireNodeCount(
              desired.nodes.filter(node => !node.removing).length + count,
              settings.maxNodes,
              '/body/count',
            )
            await growCluster(sql, desired, count, dependencies)
          },
        },
        dependencies,
      )
    },

    remove: (principal, name, options = {}) =>
      change(principal, name, options, {
        action: 'deleteNode',
        async write(sql, node) {
          if (node.role === 'control-plane')
            throw new GatewayError('Conflict', `${name} is the control plane; delete the cluster instead`)
          await setNodesRemoving(sql, [node.id])
        },
      }),

    start: (principal, name, options = {}) =>
      change(principal, name, options, {
        action: 'startNode',
        write: (sql, node) => setNodesRunning(sql, [node.id], true),
      }),

    stop: (principal, name, options = {}) =>
      change(principal, name, options, {
        action: 'stopNode',
        write: (sql, node) => setNodesRunning(sql, [node.id], false),
      }),

    async processes(principal, name) {
      const node = requireNode(tables.nodes, principal, name)
      if (tables.clusters.get(node.clusterId)?.managedBy === 'imported')
        throw new GatewayError('Conflict', `${name} is a node of an imported cluster and no container here`)
      try {
        return await driver.nodes.processes(name)
      } catch (error) {
        throw runtimeError(error)
      }
    },
  }
}
