import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { BalancerError, type RealServer } from '../../../src/drivers/balancer.ts'
import { givenAddresses } from '../../../src/drivers/ipvs/addresses.ts'
import type { Limits } from '../../../src/drivers/ipvs/forwarder.ts'
import { createUserspaceDriver } from '../../../src/drivers/ipvs/userspace.ts'
import { createFakeClock } from '../../support/clock.ts'
import { freePort, startClient, startEcho } from './sockets.ts'

const vip = '127.77.202.1'

async function start(t: TestContext, realServers: RealServer[], limits: Partial<Limits> = {}) {
  const clock = createFakeClock()
  const driver = createUserspaceDriver({ clock, addresses: givenAddresses, limits })
  t.after(() => driver.close())
  const at = { address: vip, port: await freePort(vip), protocol: 'udp' } as const
  const ensure = (...servers: RealServer[]) =>
    driver.ensure({ ...at, realServers: servers.map(({ address, port }) => ({ address, port })) })
  await ensure(...realServers)
  const clients = async () => (await driver.observe())[0]?.realServers.map(each => each.inactiveConnections)
  return { clock, driver, at, ensure, clients }
}

test('each client keeps its real server, and the next client gets the next one', async t => {
  const servers = await Promise.all(['a', 'b'].map(name => startEcho(t, '127.0.9.1', name)))
  const { at, clients } = await start(t, servers)
  const [one, other] = [await startClient(t), await startClient(t)]
  assert.deepEqual([await one.ask('1', at), await one.ask('2', at)], ['a 1', 'a 2'])
  assert.deepEqual([await other.ask('3', at), await one.ask('4', at)], ['b 3', 'a 4'])
  assert.deepEqual(await clients(), [1, 1])
})

test('clients of a real server that leaves go to another', async t => {
  const [a, b] = await Promise.all(['a', 'b'].map(name => startEcho(t, '127.0.9.1', name)))
  assert.ok(a && b)
  const { at, ensure } = await start(t, [a])
  const client = await startClient(t)
  assert.equal(await client.ask('1', at), 'a 1')
  await ensure(b)
  assert.equal(await client.ask('2', at), 'b 2')
})

test('a client that has been quiet for two minutes is forgotten', async t => {
  const server = await startEcho(t, '127.0.9.1', 'a')
  const { at, clock, clients } = await start(t, [server])
  const client = await startClient(t)
  await client.ask('1', at)
  await clock.advance(100_000)
  await client.ask('2', at)
  await clock.advance(100_000)
  assert.deepEqual(await clients(), [1])
  await clock.advance(30_000)
  assert.deepEqual(await clients(), [0])
  assert.equal(await client.ask('3', at), 'a 3')
})

test('more clients than allowed get no answer, and others are not harmed', async t => {
  const server = await startEcho(t, '127.0.9.1', 'a')
  const { at, clients } = await start(t, [server], { sessions: 1 })
  const [one, other] = [await startClient(t), await startClient(t)]
  await one.ask('1', at)
  let answered = false
  other.socket.on('message', () => {
    answered = true
  })
  other.socket.send('2', at.port, at.address)
  // What came later has been answered.
  assert.equal(await one.ask('3', at), 'a 3')
  assert.equal(answered, false)
  assert.deepEqual(await clients(), [1])
})

test('a real server that does not answer harms nobody; nor does having none', async t => {
  const gone = { address: '127.0.9.1', port: await freePort('127.0.9.1') }
  const { at, ensure } = await start(t, [gone])
  const client = await startClient(t)
  for (let index = 0; index < 10; index++) client.socket.send('lost', at.port, at.address)
  await ensure()
  client.socket.send('lost', at.port, at.address)
  await ensure(await startEcho(t, '127.0.9.1', 'a'))
  const heard = new Set<string>()
  while (!heard.has('a 2')) heard.add(await client.ask('2', at))
})

test('an address that the host does not have, and a port that is taken, are told apart', async t => {
  const taken = await startEcho(t, vip, 'somebody')
  const { driver } = await start(t, [])
  const realServers: RealServer[] = []
  const code = (expected: string) => (error: unknown) => error instanceof BalancerError && error.code === expected
  await assert.rejects(
    driver.ensure({ address: '203.0.113.10', port: 5300, protocol: 'udp', realServers }),
    code('AddressUnavailable'),
  )
  await assert.rejects(
    driver.ensure({ address: vip, port: taken.port, protocol: 'udp', realServers }),
    code('PortTaken'),
  )
  taken.stop()
  await driver.ensure({ address: vip, port: taken.port, protocol: 'udp', realServers })
})
