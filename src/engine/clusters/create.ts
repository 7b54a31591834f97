import { randomInt } from 'node:crypto'
import { GatewayError } from '../../errors.ts'
import type { Principal } from '../accounts/principal.ts'
import type { CommandOptions } from '../command-options.ts'
import { requireAllowed } from '../images/allow.ts'
import type { Table } from '../mirror/mirror.ts'
import { nodeName, requireClusterName, requireDomain } from '../names.ts'
import { chooseAddresses, chooseSubnet } from '../networks/allocate.ts'
import type { Operation } from '../operations/schema.ts'
import { requireRoom } from '../quotas/room.ts'
import type { QuotaName } from '../quotas/schema.ts'
import { claimName } from './claim.ts'
import { type CommandDependencies, issue } from './command.ts'
import { insertCluster, insertNodes } from './queries.ts'
import type { ClusterRow } from './rows.ts'
import type { Cluster, ClusterCreate } from './schema.ts'

export interface CreateSettings {
  nodeImage: string
  /** Patterns of the images that may be run. */
  nodeImages: string[]
  maxNodes: number
  domain: string
  networkPool: string
  apiServerHost: string
  /** What users who are no admins may use, where an admin has set nothing else. */
  quotas: Record<QuotaName, number>
}

export interface CreateDependencies extends CommandDependencies {
  settings: CreateSettings
  tables: CommandDependencies['tables'] & { clusters: Table<Cluster> }
  /** `count` random bytes, in hexadecimal digits. */
  randomHex(count: number): string
}

const defaultNodes = 3

/** Writes down a new cluster, with its nodes, their addresses and its API server's port. */
export async function createCluster(
  principal: Principal,
  body: ClusterCreate,
  options: CommandOptions,
  dependencies: CreateDependencies,
): Promise<Operation> {
  const { settings, ids, runtime, tables, randomHex } = dependencies
  const { name, nodes = defaultNodes, domain = settings.domain, labels = {}, region = null, retain = false } = body
  requireClusterName(name)
  if (region !== null) requireMaySetRegion(principal)
  requireDomain(domain)
  requireNodeCount(nodes, settings.maxNodes)
  const image = requireAllowed(body.image ?? settings.nodeImage, settings.nodeImages)
  const id = ids()
  return issue(
    {
      principal,
      options,
      action: 'createCluster',
      target: { kind: 'cluster', name },
      cluster: { id, name },
      body,
      message: 'accepted',
      async write(sql) {
        const held = await claimName(sql, { runtime, name, tables })
        await requireRoom(sql, { owner: principal.name, runtime, clusters: 1, nodes }, settings.quotas)
        const subnet = chooseSubnet(
          settings.networkPool,
          held.map(each => each.subnet),
        )
        if (subnet === undefined)
          throw new GatewayError('Conflict', `no /24 is free in ${settings.networkPool}`, {
            extra: { setting: 'NETWORK_POOL' },
          })
        const row: ClusterRow = {
          id,
          runtime,
          name,
          owner: principal.name,
          image,
          imageId: null,
          imageDigest: null,
          kubernetesVersion: null,
          domain,
          labels,
          region,
          running: true,
          deleting: false,
          retain,
          subnet,
          apiHost: settings.apiServerHost,
          apiPort: choosePort(held.map(each => each.apiPort)),
          failure: null,
          addonsAt: null,
          readyAt: null,
          generation: 1,
          createdAt: new Date(0),
        }
        await insertCluster(sql, row)
        await insertNodes(
          sql,
          chooseAddresses(subnet, [], nodes).map((address, index) => {
            const role = index === 0 ? ('control-plane' as const) : ('worker' as const)
            return { id: ids(), clusterId: id, name: nodeName(role, randomHex(4), domain), role, address }
          }),
        )
      },
    },
    dependencies,
  )
}

/** A cluster with a region runs what others' orders ask for: that is the operator's to decide. */
export function requireMaySetRegion(principal: Principal): void {
  if (principal.admin) return
  throw new GatewayError('Forbidden', "only admins may set a cluster's region", {
    faults: [{ where: '/body/region', what: 'is for admins' }],
  })
}

export function requireNodeCount(nodes: number, most: number, where = '/body/nodes'): void {
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > most)
    throw new GatewayError('InvalidRequest', `a cluster has 1 to ${most} nodes (setting MAX_NODES)`, {
      faults: [{ where, what: `must make 1 to ${most} nodes in all` }],
      extra: { setting: 'MAX_NODES' },
    })
}

// Below the range that kernels take for outgoing connections, so that a stopped cluster finds its port free again.
const portRange = { first: 20000, last: 29999 }

/** A port for an API server that no other cluster has been given. */
export function choosePort(held: number[]): number {
  const { first, last } = portRange
  const offset = randomInt(last - first + 1)
  for (let step = 0; step <= last - first; step++) {
    const port = first + ((offset + step) % (last - first + 1))
    if (!held.includes(port)) return port
  }
  throw new GatewayError('Conflict', `no port from ${first} to ${last} is left for an API server`)
}
