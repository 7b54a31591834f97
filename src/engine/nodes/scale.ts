import type { TransactionSql } from 'postgres'
import { GatewayError } from '../../errors.ts'
import { insertNodes, setNodesRemoving } from '../clusters/queries.ts'
import type { Desired } from '../clusters/rows.ts'
import { nodeName } from '../names.ts'
import { chooseAddresses } from '../networks/allocate.ts'
import { requireRoom } from '../quotas/room.ts'
import type { QuotaName } from '../quotas/schema.ts'

interface GrowDependencies {
  ids: () => string
  randomHex(count: number): string
  settings: { quotas: Record<QuotaName, number> }
}

/** Writes down workers that a cluster shall have more. */
export async function growCluster(
  sql: TransactionSql,
  { cluster, nodes }: Desired,
  count: number,
  { ids, randomHex, settings }: GrowDependencies,
): Promise<void> {
  await requireRoom(sql, { owner: cluster.owner, runtime: cluster.runtime, clusters: 0, nodes: count }, settings.quotas)
  const addresses = chooseAddresses(
    cluster.subnet,
    nodes.map(node => node.address),
    count,
  )
  if (addresses.length < count)
    throw new GatewayError('Conflict', `the subnet ${cluster.subnet} has no room for ${count} more nodes`)
  await insertNodes(
    sql,
    addresses.map(address => ({
      id: ids(),
      clusterId: cluster.id,
      name: nodeName('worker', randomHex(4), cluster.domain),
      role: 'worker',
      address,
    })),
  )
}

/** Marks the workers that leave: those that never joined first, then the newest. */
export async function shrinkCluster(sql: TransactionSql, { nodes }: Desired, count: number): Promise<void> {
  const workers = nodes.filter(node => node.role === 'worker' && !node.removing)
  const leaving = workers.toSorted(
    (a, b) =>
      Number(a.bootstrappedAt !== null) - Number(b.bootstrappedAt !== null) ||
      b.createdAt.getTime() - a.createdAt.getTime() ||
      (a.address < b.address ? 1 : -1),
  )
  await setNodesRemoving(
    sql,
    leaving.slice(0, count).map(node => node.id),
  )
}
