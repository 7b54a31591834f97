import type { Network } from '../../../engine/networks/schema.ts'
import { GatewayError } from '../../../errors.ts'
import { inCidr } from '../elements/networks.ts'
import { isNamed } from '../elements/source.ts'
import { throwFailures } from './failures.ts'
import { get } from './get.ts'
import type { Task } from './task.ts'

/** Networks; with `-H` the addresses of the gateway's host. */
export async function getNetworks(task: Task): Promise<void> {
  const { command, engine, principal, voice, reply } = task
  if (!command.flags.has('host')) return get(task)
  const elements = engine.networks.host(principal).items.map(item => ({
    address: item.address,
    aux: '',
    ifname: item.interface,
    operstate: 'UP',
    prefixlen: item.prefixLength,
    status: 0,
    type: 0,
  }))
  reply(voice.say('addresses', elements.map(element => JSON.stringify(element)).join(',')))
}

/** Makes a pool of each address or range, so that each can be removed again. All are tried. */
export async function addNetworks({ engine, principal, command }: Task): Promise<void> {
  await inTurn([...new Set(command.names)], address => engine.networks.create(principal, { addresses: [address] }))
}

/**
 * Removes pools, by name, by id or by their addresses. Errors: Conflict for one that has other addresses besides; those
 * of the engine.
 */
export async function deleteNetworks({ engine, principal, command }: Task): Promise<void> {
  const pools = engine.tables.networks.list({ viewer: principal, filter: ({ kind }) => kind === 'pool' }).items
  const named = new Set(command.names.map(inCidr))
  const removed = new Set<string>()
  await inTurn([...new Set(command.names)], async word => {
    const pool = pools.find(({ name, id }) => isNamed(word, [name], [id])) ?? pools.find(each => has(each, word))
    if (pool && has(pool, word)) requireAll(pool, named)
    const name = pool?.name ?? word
    if (removed.has(name)) return
    removed.add(name)
    await engine.networks.remove(principal, name)
  })
}

function has({ addresses }: Readonly<Network>, word: string): boolean {
  return addresses.some(address => inCidr(address) === inCidr(word))
}

function requireAll({ name, addresses }: Readonly<Network>, named: Set<string>): void {
  const others = addresses.filter(address => !named.has(inCidr(address)))
  if (others.length === 0) return
  const words = others.slice(0, 5).join(', ')
  throw new GatewayError('Conflict', `the pool ${name} has other addresses too (${words}): name them all, or the pool`)
}

/** One after the other; what failed is told together. */
async function inTurn(words: string[], act: (word: string) => Promise<unknown>): Promise<void> {
  const failures: unknown[] = []
  for (const word of words) await act(word).catch((error: unknown) => failures.push(error))
  throwFailures(failures)
}
