import type { Runtime } from '../../drivers/runtime.ts'
import { GatewayError } from '../../errors.ts'
import type { Principal } from '../accounts/principal.ts'
import type { ClusterCommands } from '../api.ts'
import type { CommandOptions } from '../command-options.ts'
import type { Observed } from '../nodes/observed.ts'
import { growCluster, shrinkCluster } from '../nodes/scale.ts'
import type { Operation, OperationAction } from '../operations/schema.ts'
import { hasEnded } from '../operations/view.ts'
import { runtimeError } from '../runtime-error.ts'
import { type Command, issue } from './command.ts'
import { type CreateDependencies, createCluster, requireMaySetRegion, requireNodeCount } from './create.ts'
import { requireCluster, requireOurs, requireUsable, requireVersion } from './guard.ts'
import { setNodesRunning, updateCluster } from './queries.ts'
import type { Desired } from './rows.ts'
import type { Cluster, ClusterPatch } from './schema.ts'

export interface ClusterCommandDependencies extends CreateDependencies {
  driver: Runtime
  observed: Observed
}

export function createClusterCommands(dependencies: ClusterCommandDependencies): ClusterCommands {
  const { tables, observed, driver, settings } = dependencies

  /** A command on a cluster that is there, ours, and the version the caller means. */
  async function change(
    principal: Principal,
    name: string,
    options: CommandOptions,
    command: Pick<Command, 'action' | 'body' | 'message' | 'underWay' | 'restart'> & {
      check?(cluster: Readonly<Cluster>): void
      write(sql: Parameters<Command['write']>[0], desired: Desired): Promise<void>
    },
  ): Promise<Operation> {
    const cluster = requireCluster(tables.clusters, principal, name)
    requireOurs(cluster)
    return issue(
      {
        principal,
        options,
        target: { kind: 'cluster', name },
        cluster: { id: cluster.id, name },
        ...command,
        async write(sql, desired) {
          const now = tables.clusters.get(cluster.id)
          if (!desired || !now) throw new GatewayError('NotFound', `there is no cluster ${JSON.stringify(name)}`)
          requireVersion(now, options)
          command.check?.(now)
          await command.write(sql, desired)
        },
      },
      dependencies,
    )
  }

  function power(running: boolean, action: OperationAction) {
    return (principal: Principal, name: string, options: CommandOptions = {}) =>
      change(principal, name, options, {
        action,
        body: null,
        message: 'accepted',
        check: requireUsable,
        write: (sql, desired) => setPower(sql, desired, running),
      })
  }

  return {
    create: (principal, body, options = {}) => createCluster(principal, body, options, dependencies),
    start: power(true, 'startCluster'),
    stop: power(false, 'stopCluster'),

    async patch(principal, name, body, options = {}) {
      if (body.region !== undefined) requireMaySetRegion(principal)
      if (body.nodes !== undefined) requireNodeCount(body.nodes, settings.maxNodes)
      return change(principal, name, options, {
        action: 'updateCluster',
        body,
        message: 'accepted',
        check(cluster) {
          requireUsable(cluster)
          if (body.nodes !== undefined && !(body.running ?? cluster.running)) throw stopped(name)
        },
        write: (sql, desired) => applyPatch(sql, desired, body),
      })
    },

    remove: (principal, name, options = {}) =>
      change(principal, name, options, {
        action: 'deleteCluster',
        body: null,
        message: 'accepted',
        restart: true,
        underWay: () => deletionOf(principal, name),
        write: (sql, { cluster }) => updateCluster(sql, cluster.id, { deleting: true }),
      }),

    async kubeconfig(principal, name) {
      const cluster = requireCluster(tables.clusters, principal, name)
      const control = [...observed.nodes.values()].find(
        node =>
          node.cluster === name &&
          node.role === 'control-plane' &&
          (node.clusterId === cluster.id || cluster.managedBy !== 'kindgate'),
      )
      if (!control) throw new GatewayError('Conflict', `the cluster ${name} has no control plane node yet`)
      try {
        return await driver.bootstrap.kubeconfig(control)
      } catch (error) {
        throw runtimeError(error)
      }
    },
  }

  function deletionOf(principal: Principal, name: string): Readonly<Operation> | undefined {
    const [found] = tables.operations.list({
      viewer: principal,
      filter: each => each.cluster === name && each.action === 'deleteCluster' && !hasEnded(each),
    }).items
    return found
  }

  async function applyPatch(sql: Parameters<Command['write']>[0], desired: Desired, body: ClusterPatch): Promise<void> {
    if (body.labels !== undefined)
      await updateCluster(sql, desired.cluster.id, { labels: mergeLabels(desired.cluster.labels, body.labels) })
    if (body.region !== undefined) await updateCluster(sql, desired.cluster.id, { region: body.region ?? '' })
    if (body.running !== undefined) await setPower(sql, desired, body.running)
    if (body.nodes === undefined) return
    const members = desired.nodes.filter(node => !node.removing)
    if (body.nodes > members.length) await growCluster(sql, desired, body.nodes - members.length, dependencies)
    if (body.nodes < members.length) await shrinkCluster(sql, desired, members.length - body.nodes)
  }
}

/** JSON merge patch (RFC 7396) of one level. */
function mergeLabels(labels: Record<string, string>, patch: Record<string, string | null>): Record<string, string> {
  const merged = new Map(Object.entries(labels))
  for (const [key, value] of Object.entries(patch))
    if (value === null) merged.delete(key)
    else merged.set(key, value)
  return Object.fromEntries(merged)
}

/** Starting or stopping a cluster means all of its nodes. */
async function setPower(
  sql: Parameters<Command['write']>[0],
  { cluster, nodes }: Desired,
  running: boolean,
): Promise<void> {
  await updateCluster(sql, cluster.id, { running })
  if (running)
    await setNodesRunning(
      sql,
      nodes.map(node => node.id),
      true,
    )
}

function stopped(name: string): GatewayError {
  return new GatewayError('Conflict', `the cluster ${name} is stopped; start it before its nodes are changed`)
}
