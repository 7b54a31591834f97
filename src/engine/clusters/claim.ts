import type { TransactionSql } from 'postgres'
import { GatewayError } from '../../errors.ts'
import { isImportedName } from '../imports/queries.ts'
import type { Table } from '../mirror/mirror.ts'
import { type Allocated, lockAllocated } from './queries.ts'
import type { Cluster } from './schema.ts'

export interface Claim {
  runtime: 'docker' | 'simulated'
  name: string
  tables: { clusters: Pick<Table<Cluster>, 'byName'> }
}

/**
 * Makes sure that no cluster has the name, be it ours, imported or another's that is seen here, and that none gets it
 * until the transaction ends. Answers with what clusters hold. Errors: AlreadyExists.
 */
export async function claimName(sql: TransactionSql, { runtime, name, tables }: Claim): Promise<Allocated[]> {
  const held = await lockAllocated(sql)
  const isOurs = held.some(each => each.runtime === runtime && each.name === name)
  if (isOurs || tables.clusters.byName(name) || (await isImportedName(sql, runtime, name)))
    throw new GatewayError('AlreadyExists', `a cluster named ${name} exists already`, {
      faults: [{ where: '/body/name', what: 'must be a name that is not taken' }],
    })
  return held
}
