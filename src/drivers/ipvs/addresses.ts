import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { messageOf } from '../../errors.ts'
import { BalancerError } from '../balancer.ts'
import type { Run } from './run.ts'

/** The addresses that the host gets for load balancers. */
export interface Addresses {
  /** Rejects with BalancerError. */
  ensure(address: string): Promise<void>
  /** Does nothing where it is not there. */
  remove(address: string): Promise<void>
  list(): Promise<string[]>
}

/** For addresses that the host has by other means. */
export const givenAddresses: Addresses = {
  ensure: async () => undefined,
  remove: async () => undefined,
  list: async () => [],
}

/** What of `ip -json address show` matters here. */
const linksSchema = Type.Array(
  Type.Object({
    ifname: Type.Optional(Type.String()),
    flags: Type.Optional(Type.Array(Type.String())),
    addr_info: Type.Optional(Type.Array(Type.Object({ family: Type.String(), local: Type.Optional(Type.String()) }))),
  }),
)

/**
 * Addresses on an interface of their own (type dummy), which is made with the first of them. It tells what is ours: all
 * that is on it.
 */
export function createInterfaceAddresses({ run, device }: { run: Run; device: string }): Addresses {
  const exists = () =>
    run('ip', ['link', 'show', 'dev', device]).then(
      () => true,
      () => false,
    )

  /** Without naming the interface, which is an error where it is missing. */
  async function look(): Promise<{ up: boolean; addresses: string[] }> {
    const text = await run('ip', ['-json', '-4', 'address', 'show'])
    const links: Static<typeof linksSchema> = Value.Decode(linksSchema, JSON.parse(text))
    const link = links.find(each => each.ifname === device)
    const own = (link?.addr_info ?? []).filter(info => info.family === 'inet')
    return { up: link?.flags?.includes('UP') ?? false, addresses: own.flatMap(info => info.local ?? []) }
  }

  const list = async () => (await look()).addresses

  return {
    list,
    async ensure(address) {
      try {
        const { up, addresses } = await look()
        if (up && addresses.includes(address)) return
        if (!(await exists())) await run('ip', ['link', 'add', device, 'type', 'dummy'])
        await run('ip', ['link', 'set', device, 'up'])
        await run('ip', ['address', 'replace', `${address}/32`, 'dev', device])
      } catch (error) {
        throw new BalancerError(
          'AddressUnavailable',
          `${address} cannot be added to the gateway's host: ${messageOf(error)}`,
          { cause: error },
        )
      }
    },
    async remove(address) {
      if ((await list()).includes(address)) await run('ip', ['address', 'delete', `${address}/32`, 'dev', device])
    },
  }
}
