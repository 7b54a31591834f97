import { GatewayError } from '../../errors.ts'
import type { Principal } from '../accounts/principal.ts'
import type { CommandOptions } from '../command-options.ts'
import type { Table } from '../mirror/mirror.ts'
import type { Node } from '../nodes/schema.ts'
import type { Cluster } from './schema.ts'

/** The cluster of a name, where the principal may see it. Throws NotFound. */
export function requireCluster(table: Table<Cluster>, principal: Principal, name: string): Readonly<Cluster> {
  const found = table.byName(name, principal)
  if (!found) throw new GatewayError('NotFound', `there is no cluster ${JSON.stringify(name)}`)
  return found
}

/** The node of a name, where the principal may see it. Throws NotFound. */
export function requireNode(table: Table<Node>, principal: Principal, name: string): Readonly<Node> {
  const found = table.byName(name, principal)
  if (!found) throw new GatewayError('NotFound', `there is no node ${JSON.stringify(name)}`)
  return found
}

/** Throws ReadOnly for what this gateway did not make. */
export function requireOurs(cluster: Readonly<Cluster>): void {
  const { name, managedBy } = cluster
  if (managedBy !== 'kindgate')
    throw new GatewayError('ReadOnly', `the cluster ${name} is managed by ${managers[managedBy]}`)
}

const managers = {
  imported: 'whoever it was imported from, and can only be forgotten (DELETE)',
  kind: 'the kind CLI',
  other: 'another gateway',
}

/** Throws PreconditionFailed when a resource is not the version the caller knows. */
export function requireVersion(
  resource: { name: string; metadata: { resourceVersion: string } },
  { ifMatch }: CommandOptions,
): void {
  if (ifMatch !== undefined && ifMatch !== resource.metadata.resourceVersion)
    throw new GatewayError(
      'PreconditionFailed',
      `${resource.name} has the resourceVersion ${resource.metadata.resourceVersion}, not ${ifMatch}`,
      { extra: { resourceVersion: resource.metadata.resourceVersion } },
    )
}

/** Throws Conflict when a cluster is on its way out, or can only be deleted. */
export function requireUsable(cluster: Readonly<Cluster>): void {
  if (cluster.state === 'deleting') throw new GatewayError('Conflict', `the cluster ${cluster.name} is being deleted`)
  if (cluster.state === 'failed')
    throw new GatewayError(
      'Conflict',
      `the cluster ${cluster.name} has failed (${cluster.message}) and can only be deleted`,
    )
}
