import type { Store } from '../../store/postgres.ts'
import { addressesOf, overlaps } from '../networks/allocate.ts'
import { type BalancerRow, insertBalancer, lockAddresses, selectBalancers, selectPools } from './queries.ts'

export interface AddressWish {
  clusterId: string
  /** Empty, as the name, for the API server. */
  namespace: string
  name: string
  /** An address that is asked for; null: any. */
  address: string | null
}

/** The address, or why there is none. */
export type Allocation = { row: BalancerRow } | { lack: string }

/** The first free address of a pool, in the order in which the pools were made; or the one that is asked for. */
export function chooseAddress(
  pools: readonly { id: string; addresses: readonly string[] }[],
  held: ReadonlySet<string>,
  wanted: string | null,
): { address: string; poolId: string } | { lack: string } {
  if (pools.length === 0) return { lack: 'there is no pool of external addresses' }
  if (wanted !== null) {
    const pool = pools.find(each => each.addresses.some(range => overlaps(range, wanted)))
    if (!pool) return { lack: `${wanted} is in no pool of external addresses` }
    return held.has(wanted)
      ? { lack: `${wanted} belongs to another load balancer` }
      : { address: wanted, poolId: pool.id }
  }
  for (const pool of pools)
    for (const range of pool.addresses)
      for (const address of addressesOf(range)) if (!held.has(address)) return { address, poolId: pool.id }
  return { lack: 'no external address is free' }
}

/** Gives a load balancer the address that it keeps until it is taken from it, whatever it asks for meanwhile. */
export async function allocateAddress(store: Store, wish: AddressWish): Promise<Allocation> {
  return store.transaction(async sql => {
    await lockAddresses(sql)
    const rows = await selectBalancers(sql)
    const own = rows.find(
      row => row.clusterId === wish.clusterId && row.namespace === wish.namespace && row.name === wish.name,
    )
    if (own) return { row: own }
    const held = new Set(rows.map(row => row.address))
    const choice = chooseAddress(await selectPools(sql), held, wish.address)
    if ('lack' in choice) return choice
    const { clusterId, namespace, name } = wish
    const row = { clusterId, namespace, name, ...choice }
    return (await insertBalancer(sql, row)) ? { row } : { lack: 'the cluster is gone' }
  })
}
