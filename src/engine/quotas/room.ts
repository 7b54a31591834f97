import type { TransactionSql } from 'postgres'
import { GatewayError } from '../../errors.ts'
import { effectiveQuotas, type QuotaName, type QuotaOverrides } from './schema.ts'

/** What somebody is about to have more. */
export interface Wanted {
  owner: string
  runtime: string
  clusters: number
  nodes: number
}

/**
 * Throws Forbidden where it is more than the owner's quotas allow; admins who act on a user's cluster use up that
 * user's. Nobody else adds to what the owner has until the transaction ends.
 */
export async function requireRoom(
  sql: TransactionSql,
  { owner, runtime, ...wanted }: Wanted,
  defaults: Record<QuotaName, number>,
): Promise<void> {
  const [user] = await sql<{ admin: boolean; quotas: QuotaOverrides }[]>`
    select admin, quotas from users where name = ${owner} for no key update`
  if (!user) throw new GatewayError('NotFound', `there is no user ${JSON.stringify(owner)}`)
  const quotas = effectiveQuotas(user, defaults)
  const [used] = await sql<{ clusters: number; nodes: number }[]>`
    select (count(distinct clusters.id) + (
        select count(*) from imported_clusters where owner = ${owner} and runtime = ${runtime}
      ))::int as clusters, count(nodes.id)::int as nodes
    from clusters left join nodes on nodes.cluster_id = clusters.id and not nodes.removing
    where clusters.owner = ${owner} and clusters.runtime = ${runtime} and not clusters.deleting`
  for (const name of ['clusters', 'nodes'] as const) {
    const [limit, have] = [quotas[name], used?.[name] ?? 0]
    if (limit === null || wanted[name] === 0 || have + wanted[name] <= limit) continue
    throw new GatewayError(
      'Forbidden',
      `exceeded quota: ${name}, requested: ${wanted[name]}, used: ${have}, limited: ${limit}`,
      { extra: { quota: name, limit } },
    )
  }
}
