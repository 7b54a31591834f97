import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { BalancerError, type RealServer } from '../../../src/drivers/balancer.ts'
import { givenAddresses } from '../../../src/drivers/ipvs/addresses.ts'
import type { Limits } from '../../../src/drivers/ipvs/forwarder.ts'
import { createUserspaceDriver } from '../../../src/drivers/ipvs/userspace.ts'
import { createFakeClock } from '../../support/clock.ts'
import { connect, ended, freePort, named, startServer } from './sockets.ts'

const vip = '127.77.201.1'

async function start(t: TestContext, realServers: RealServer[], limits: Partial<Limits> = {}) {
  const clock = createFakeClock()
  const driver = createUserspaceDriver({ clock, addresses: givenAddresses, limits })
  t.after(() => driver.close())
  const at = { address: vip, port: await freePort(vip), protocol: 'tcp' } as const
  const ensure = (...servers: RealServer[]) =>
    driver.ensure({ ...at, realServers: servers.map(({ address, port }) => ({ address, port })) })
  await ensure(...realServers)
  const counts = async () =>
    (await driver.observe()).flatMap(server => server.realServers.map(each => [each.weight, each.activeConnections]))
  return { clock, driver, at, ensure, counts }
}

test('connections go to the real servers in turn', async t => {
  const servers = await Promise.all(['a', 'b', 'c'].map(name => startServer(t, '127.0.9.1', named(name))))
  const { at, counts } = await start(t, servers)
  const told: string[] = []
  for (let index = 0; index < 6; index++) {
    const client = await connect(t, at)
    await once(client, 'data')
    told.push(client.told())
  }
  assert.deepEqual(told, ['a', 'b', 'c', 'a', 'b', 'c'])
  assert.deepEqual(await counts(), [
    [1, 2],
    [1, 2],
    [1, 2],
  ])
})

test('a real server that does not accept is passed over', async t => {
  const gone = { address: '127.0.9.1', port: await freePort('127.0.9.1') }
  const alive = await startServer(t, '127.0.9.1', named('alive'))
  const { at } = await start(t, [gone, alive])
  for (let index = 0; index < 4; index++) await (await connect(t, at)).says('alive')
})

test('with no real server that accepts, a client is refused', async t => {
  const gone = { address: '127.0.9.1', port: await freePort('127.0.9.1') }
  const { at, ensure } = await start(t, [gone])
  for (const servers of [[gone], []]) {
    await ensure(...servers)
    const client = await connect(t, at)
    await ended(client)
    assert.equal(client.told(), '')
  }
})

test('one side may end its half and still be answered', async t => {
  const server = await startServer(t, '127.0.9.1', socket => {
    let asked = ''
    socket.on('data', data => {
      asked += data
    })
    socket.on('end', () => socket.end(`you said ${asked}`))
  })
  const { at, counts } = await start(t, [server])
  const client = await connect(t, at)
  client.end('hello')
  await once(client, 'end')
  assert.equal(client.told(), 'you said hello')
  while ((await counts())[0]?.[1] !== 0) await new Promise(resolve => setImmediate(resolve))
})

test('a client that reads nothing holds up its real server, and the gateway holds little', async t => {
  let sender: Socket | undefined
  let full = false
  const server = await startServer(t, '127.0.9.1', socket => {
    sender = socket
    const more = () => {
      while (!full) {
        if (!socket.write(Buffer.alloc(65536))) return void socket.once('drain', more)
      }
    }
    more()
  })
  const { at } = await start(t, [server])
  const client = await connect(t, at)
  client.pause()
  // The buffers of three sockets and the kernel fill up; then nothing moves any more.
  let moved = -1
  while (sender === undefined || moved !== sender.bytesWritten) {
    moved = sender?.bytesWritten ?? -1
    for (let turn = 0; turn < 200; turn++) await new Promise(resolve => setImmediate(resolve))
  }
  const before = process.memoryUsage().arrayBuffers
  assert.ok(before < 64 * 1024 * 1024, `${before} bytes are held`)
  full = true
})

test('what a real server sends last arrives, however slow the client', async t => {
  const size = 8 * 1024 * 1024
  const server = await startServer(t, '127.0.9.1', socket => socket.end(Buffer.alloc(size, 'x')))
  const { at } = await start(t, [server])
  const client = await connect(t, at)
  client.pause()
  for (let turn = 0; turn < 100; turn++) await new Promise(resolve => setImmediate(resolve))
  client.resume()
  await once(client, 'end')
  assert.equal(client.told().length, size)
})

test('a client that is cut off frees its real server, and the other way round', async t => {
  const serving: Socket[] = []
  const server = await startServer(t, '127.0.9.1', socket => {
    serving.push(socket)
    socket.write('hello')
  })
  const { at } = await start(t, [server])
  const first = await connect(t, at)
  await first.says('hello')
  first.resetAndDestroy()
  assert.ok(serving[0])
  await ended(serving[0])
  const second = await connect(t, at)
  await second.says('hello')
  serving[1]?.resetAndDestroy()
  await ended(second)
})

test('connections of a real server that leaves go on, for a minute; new ones go elsewhere', async t => {
  const [old, next] = await Promise.all(['old', 'new'].map(name => startServer(t, '127.0.9.1', named(name))))
  assert.ok(old && next)
  const { at, ensure, counts, clock } = await start(t, [old])
  const client = await connect(t, at)
  await client.says('old')
  await ensure(next)
  client.write('still there?')
  await client.says('still there?')
  await (await connect(t, at)).says('new')
  assert.deepEqual(await counts(), [
    [1, 1],
    [0, 1],
  ])
  await clock.advance(55_000)
  assert.equal(client.destroyed, false)
  const closed = ended(client)
  await clock.advance(10_000)
  await closed
  assert.deepEqual(await counts(), [[1, 1]])
})

test('a real server that comes back meanwhile keeps its connections', async t => {
  const server = await startServer(t, '127.0.9.1', named('server'))
  const { at, ensure, clock } = await start(t, [server])
  const client = await connect(t, at)
  await client.says('server')
  await ensure()
  await ensure(server)
  await clock.advance(120_000)
  client.write('still there?')
  await client.says('still there?')
})

test('a connection on which nothing moves is ended after a quarter of an hour', async t => {
  const server = await startServer(t, '127.0.9.1', named('server'))
  const { at, clock } = await start(t, [server])
  const client = await connect(t, at)
  await client.says('server')
  await clock.advance(600_000)
  client.write('not dead')
  await client.says('not dead')
  await clock.advance(600_000)
  assert.equal(client.destroyed, false)
  const closed = ended(client)
  await clock.advance(900_000)
  await closed
})

test('more connections than allowed are refused, and others are not harmed', async t => {
  const server = await startServer(t, '127.0.9.1', named('server'))
  const { at } = await start(t, [server], { connections: 2 })
  const [first, second] = [await connect(t, at), await connect(t, at)]
  for (const client of [first, second]) await client?.says('server')
  const third = await connect(t, at)
  await once(third, 'end')
  first?.write('still there?')
  await first?.says('still there?')
  assert.equal(third.told(), '')
})

test('removing a virtual server ends its connections and frees its port', async t => {
  const server = await startServer(t, '127.0.9.1', named('server'))
  const { at, driver, ensure } = await start(t, [server])
  const client = await connect(t, at)
  await client.says('server')
  const closed = ended(client)
  await driver.remove(at)
  await closed
  await assert.rejects(connect(t, at), /ECONNREFUSED/)
  await ensure(server)
  await (await connect(t, at)).says('server')
})

test('an address that the host does not have, and a port that is taken, are told apart', async t => {
  const { driver } = await start(t, [])
  const taken = await startServer(t, vip, named('somebody'))
  const code = (expected: string) => (error: unknown) => error instanceof BalancerError && error.code === expected
  const realServers: RealServer[] = []
  await assert.rejects(
    driver.ensure({ address: '203.0.113.10', port: 80, protocol: 'tcp', realServers }),
    code('AddressUnavailable'),
  )
  await assert.rejects(
    driver.ensure({ address: vip, port: taken.port, protocol: 'tcp', realServers }),
    code('PortTaken'),
  )
  taken.stop()
  await driver.ensure({ address: vip, port: taken.port, protocol: 'tcp', realServers })
})
