import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BalancerDriver, Endpoint, VirtualServer } from '../../../src/drivers/balancer.ts'

/** What every driver of load balancers promises; `addresses` are two that the host has. */
export function balancerContract(
  name: string,
  create: () => BalancerDriver | Promise<BalancerDriver>,
  { addresses: [one, other] }: { addresses: readonly [string, string] },
): void {
  const web = { address: one, port: 18080, protocol: 'tcp' } as const
  const names = { address: one, port: 18053, protocol: 'udp' } as const
  const elsewhere = { address: other, port: 18080, protocol: 'tcp' } as const
  const node = (index: number) => ({ address: `127.0.9.${index}`, port: 30080 })

  const promise = (what: string, body: (driver: BalancerDriver) => Promise<void>) =>
    test(`${name}: ${what}`, async t => {
      const driver = await create()
      t.after(async () => {
        // What is in a kernel outlives the driver.
        await driver.prune(new Set())
        await driver.close()
      })
      await body(driver)
    })

  const shown = async (driver: BalancerDriver) =>
    (await driver.observe())
      .map(({ protocol, address, port, realServers }) =>
        [
          protocol,
          address,
          port,
          ...realServers.map(each => `${each.address}:${each.port} w${each.weight}`).toSorted(),
        ].join(' '),
      )
      .toSorted()
  const server = (at: Endpoint, ...indexes: number[]): VirtualServer => ({ ...at, realServers: indexes.map(node) })

  promise('what was ensured is there, also when it is ensured again', async driver => {
    for (const _ of [1, 2]) {
      await driver.ensure(server(web, 1, 2))
      await driver.ensure(server(names, 1))
    }
    assert.deepEqual(await shown(driver), [
      `tcp ${one} 18080 127.0.9.1:30080 w1 127.0.9.2:30080 w1`,
      `udp ${one} 18053 127.0.9.1:30080 w1`,
    ])
    const [first] = await driver.observe()
    assert.equal(first?.realServers[0]?.activeConnections, 0)
  })

  promise('real servers come and go, to the last', async driver => {
    await driver.ensure(server(web, 1, 2))
    await driver.ensure(server(web, 2, 3))
    assert.deepEqual(await shown(driver), [`tcp ${one} 18080 127.0.9.2:30080 w1 127.0.9.3:30080 w1`])
    await driver.ensure(server(web))
    assert.deepEqual(await shown(driver), [`tcp ${one} 18080`])
  })

  promise('what is removed is gone, also when it is removed again; the rest stays', async driver => {
    await driver.ensure(server(web, 1))
    await driver.ensure(server(names, 1))
    for (const _ of [1, 2]) await driver.remove(web)
    assert.deepEqual(await shown(driver), [`udp ${one} 18053 127.0.9.1:30080 w1`])
    await driver.ensure(server(web, 2))
    assert.equal((await shown(driver)).length, 2)
  })

  promise('pruning leaves what is at the addresses that are held', async driver => {
    for (const at of [web, names, elsewhere]) await driver.ensure(server(at, 1))
    await driver.prune(new Set([other]))
    assert.deepEqual(await shown(driver), [`tcp ${other} 18080 127.0.9.1:30080 w1`])
    await driver.prune(new Set())
    assert.deepEqual(await shown(driver), [])
  })

  promise('acts at the same time end as the last of them says', async driver => {
    await Promise.all([
      driver.ensure(server(web, 1)),
      driver.ensure(server(web, 1, 2)),
      driver.remove(web),
      driver.ensure(server(web, 3)),
    ])
    assert.deepEqual(await shown(driver), [`tcp ${one} 18080 127.0.9.3:30080 w1`])
  })
}
