import { isIPv4 } from 'node:net'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { type Fault, GatewayError } from '../../errors.ts'
import type { Store } from '../../store/postgres.ts'
import type { Principal } from '../accounts/principal.ts'
import { lockAddresses, type PoolRow, selectBalancers, selectPools } from '../balancers/queries.ts'
import type { Table, Unversioned } from '../mirror/mirror.ts'
import { requireValid } from '../validate.ts'
import { isCanonical, overlaps, sizeOf } from './allocate.ts'
import { type Network, type PoolCreate, poolCreateSchema } from './schema.ts'

export interface PoolsOptions {
  store: Store
  table: Table<Network>
  simulated: boolean
  /** Cluster networks come from it. */
  networkPool: string
  ids: () => string
  randomHex: (bytes: number) => string
  /** Called when a pool has come or gone. */
  onChange(): void
}

export interface Pools {
  /** Errors: Forbidden, InvalidRequest, Unprocessable, Conflict (overlaps another pool), AlreadyExists. */
  create(principal: Principal, body: PoolCreate): Promise<Network>
  /** Errors: Forbidden, NotFound, ReadOnly (a cluster's network), Conflict (in use; says by which load balancers). */
  remove(principal: Principal, name: string): Promise<void>
  /** Shows pools as the store has them. */
  load(): Promise<void>
}

/** Addresses that a pool may have in all. */
const mostAddresses = 65_536
/** Never those of a host (RFC 1122, section 3.2.1.3; RFC 5771; RFC 1112, section 4). */
const unusable = ['0.0.0.0/8', '224.0.0.0/3']

export function createPools(options: PoolsOptions): Pools {
  const { store, table, networkPool, ids, randomHex, onChange } = options
  const check = TypeCompiler.Compile(poolCreateSchema)

  async function load(): Promise<void> {
    const pools = await selectPools(store.sql)
    table.replace(
      pools.map(pool => viewPool(pool, options.simulated)),
      { within: network => network.kind === 'pool' },
    )
  }

  return {
    load,

    async create(principal, body) {
      requireAdmin(principal)
      requireValid(check, body)
      const { name, addresses } = body
      refuseFaults(addresses, networkPool)
      const row = { id: ids(), name: name ?? `pool-${randomHex(4)}`, addresses }
      // Names of networks are unique, and clusters' have this prefix.
      if (row.name.startsWith('kindgate-')) throw taken(row.name)
      await store.transaction(async sql => {
        await lockAddresses(sql)
        for (const pool of await selectPools(sql)) {
          if (pool.name === row.name) throw taken(row.name)
          const both = pool.addresses.find(range => addresses.some(each => overlaps(range, each)))
          if (both) throw new GatewayError('Conflict', `${both} is in the pool ${pool.name} already.`)
        }
        await sql`insert into address_pools (id, name, addresses) values (${row.id}, ${row.name}, ${addresses})`
      })
      await load()
      onChange()
      const shown = table.get(row.id)
      if (!shown) throw new GatewayError('NotFound', `The pool ${row.name} has been removed meanwhile.`)
      return shown
    },

    async remove(principal, name) {
      requireAdmin(principal)
      const found = table.byName(name, principal)
      if (!found) throw new GatewayError('NotFound', `There is no network "${name}".`)
      if (found.kind === 'cluster')
        throw new GatewayError('ReadOnly', `${name} belongs to the cluster ${found.cluster}.`)
      await store.transaction(async sql => {
        await lockAddresses(sql)
        const users = (await selectBalancers(sql)).filter(row => row.poolId === found.id)
        if (users.length > 0)
          throw inUse(
            name,
            await namesOf(
              sql,
              users.map(row => row.clusterId),
            ),
            users,
          )
        await sql`delete from address_pools where id = ${found.id}`
      })
      await load()
      onChange()
    },
  }
}

function requireAdmin(principal: Principal): void {
  if (!principal.admin) throw new GatewayError('Forbidden', 'Only admins may change pools of external addresses.')
}

function taken(name: string): GatewayError {
  return new GatewayError('AlreadyExists', `The name ${name} is taken.`)
}

async function namesOf(sql: Store['sql'] | Parameters<Parameters<Store['transaction']>[0]>[0], ids: string[]) {
  const rows = await sql<{ id: string; name: string }[]>`select id, name from clusters where id in ${sql(ids)}`
  return new Map(rows.map(row => [row.id, row.name]))
}

function inUse(
  pool: string,
  clusters: Map<string, string>,
  users: { clusterId: string; namespace: string; name: string; address: string }[],
): GatewayError {
  const words = users
    .slice(0, 20)
    .map(
      user =>
        `${user.address} (${[clusters.get(user.clusterId), user.namespace, user.name].filter(Boolean).join('/')})`,
    )
  const more = users.length > words.length ? ` and ${users.length - words.length} more` : ''
  return new GatewayError('Conflict', `Load balancers have addresses of ${pool}: ${words.join(', ')}${more}.`)
}

/** @throws {GatewayError} Unprocessable for the addresses that no pool can have. */
function refuseFaults(addresses: string[], networkPool: string): void {
  const faults: Fault[] = addresses.flatMap((range, index) => {
    const what = faultOf(range, addresses.slice(0, index), networkPool)
    return what === undefined ? [] : [{ where: `/body/addresses/${index}`, what }]
  })
  const size = faults.length > 0 ? 0 : addresses.reduce((sum, range) => sum + sizeOf(range), 0)
  if (size > mostAddresses)
    faults.push({ where: '/body/addresses', what: `must be ${mostAddresses} addresses at most` })
  if (faults.length > 0) throw new GatewayError('Unprocessable', 'These addresses cannot be a pool.', { faults })
}

function faultOf(range: string, before: string[], networkPool: string): string | undefined {
  const [address = '', prefix = '32'] = range.split('/')
  if (!isIPv4(address) || Number(prefix) > 32) return 'must be an IPv4 address or a CIDR range'
  if (!isCanonical(range)) return 'must be written by the first address of the range'
  if (unusable.some(each => overlaps(each, range))) return 'has addresses that no host can have'
  if (overlaps(networkPool, range)) return `overlaps the networks of clusters, ${networkPool} (setting NETWORK_POOL)`
  const double = before.find(each => isIPv4(each.split('/')[0] ?? '') && overlaps(each, range))
  return double && `overlaps ${double}`
}

function viewPool(pool: PoolRow & { used: number }, simulated: boolean): Unversioned<Network> {
  return {
    id: pool.id,
    name: pool.name,
    kind: 'pool',
    cluster: '',
    owner: null,
    subnet: null,
    gateway: null,
    state: 'ready',
    addresses: pool.addresses,
    size: pool.addresses.reduce((sum, range) => sum + sizeOf(range), 0),
    used: pool.used,
    simulated,
    metadata: { createdAt: pool.createdAt.toISOString(), generation: 1 },
  }
}
