import assert from 'node:assert/strict'
import { test } from 'node:test'
import { balancerExample } from '../../../src/api/rest/examples/balancers.ts'
import { poolExample } from '../../../src/api/rest/examples/networks.ts'
import { GatewayError } from '../../../src/errors.ts'
import { setUp } from '../support.ts'
import { type Client, connect } from './client.ts'

const wordsOf = (client: Client, uuid: string, key: string, member: string) =>
  client.received.flatMap(message =>
    message.uuid === uuid && Array.isArray(message[key])
      ? [message[key].map(element => `${Object(element)[member]} ${Object(element).state}`)]
      : [],
  )

test('real servers of load balancers show as QBO’s', async t => {
  const { engine, listen } = await setUp(t)
  engine.tables.balancers.apply({ ...balancerExample, owner: 'ann' })
  const client = await connect({ port: await listen() })
  const [, , list] = await client.run('get ipvs -A')
  assert.deepEqual(list?.ipvs, [
    {
      id: balancerExample.nodeId,
      vip: '203.0.113.10',
      vip_port: '80',
      rip: '172.28.0.3',
      rip_port: '30080',
      aux: '',
      protocol: 't',
      scheduler: 'rr',
      forward: 'm',
      weight: 1,
      state: 'ready',
      node: 'node-2b251a2c.localhost',
      cluster: 'alex',
      user: 'ann',
    },
  ])
  assert.equal(list?.subcommand, 'SUBCMD_IPVS')
  for (const word of ['alex', 'node-2b251a2c', String(balancerExample.nodeId).slice(0, 8)])
    assert.equal(Object((await client.run(`get ipvs ${word}`))[2]?.ipvs).length, 1, word)
  assert.deepEqual((await client.run('get ipvs other'))[2]?.ipvs, [])
})

test('a watch of load balancers tells what is shown, and who sees them', async t => {
  const { engine, listen } = await setUp(t)
  const port = await listen()
  const [client, other] = [await connect({ port }), await connect({ port, as: 'bob' })]
  const [uuid, theirs] = [client.send('get ipvs -A -w'), other.send('get ipvs -A -w')]
  await Promise.all([client.settled(), other.settled()])
  const balancer = { ...balancerExample, owner: 'ann' }
  engine.tables.balancers.apply({ ...balancer, protocol: 'udp', state: 'pending', vip: null, rip: null, nodeId: null })
  engine.tables.balancers.apply(balancer)
  engine.tables.balancers.apply({ ...balancer, activeConnections: 77 })
  engine.tables.balancers.remove(balancer.id)
  await Promise.all([client.settled(), other.settled()])
  assert.deepEqual(wordsOf(client, uuid, 'ipvs', 'protocol'), [[], ['u pending'], ['t ready'], ['t deleted']])
  assert.deepEqual(wordsOf(other, theirs, 'ipvs', 'vip'), [[]])
})

test('admins see pools among the networks, an element for each range', async t => {
  const { engine, listen } = await setUp(t)
  engine.putNetwork('kindgate-alex', { owner: 'ann' })
  engine.tables.networks.apply(poolExample)
  const port = await listen()
  const [ann, root] = [await connect({ port }), await connect({ port, as: 'root' })]
  const subnets = async (client: Client, line: string) => {
    const networks = (await client.run(line))[2]?.networks
    return Array.isArray(networks) && networks.map(network => `${Object(network).name} ${Object(network).subnet}`)
  }
  assert.deepEqual(await subnets(ann, 'get net -A'), ['alex 172.28.0.0/24'])
  const pool = ['pool-5e2f9c1a 203.0.113.10/32', 'pool-5e2f9c1a 203.0.113.16/28']
  assert.deepEqual(await subnets(root, 'get net -A'), ['alex 172.28.0.0/24', ...pool])
  assert.deepEqual(await subnets(root, 'get net 203.0.113.10'), pool)
})

test('the host’s addresses are for admins', async t => {
  const { listen } = await setUp(t)
  const port = await listen()
  const [ann, root] = [await connect({ port }), await connect({ port, as: 'root' })]
  const [, , list] = await root.run('get net -H')
  assert.deepEqual(list?.addresses, [
    { address: '198.51.100.7', aux: '', ifname: 'eth0', operstate: 'UP', prefixlen: 24, status: 0, type: 0 },
  ])
  assert.equal((await ann.run('get net -H')).at(-1)?.code, 403)
})

test('external addresses are added one by one, and what is refused does not keep the others', async t => {
  const { engine, listen } = await setUp(t)
  const client = await connect({ port: await listen(), as: 'root' })
  engine.failWith(new GatewayError('Conflict', '136.25.15.102 is in the pool office already.'))
  const ended = (await client.run('add net 136.25.15.102 136.25.15.103 136.25.15.103')).at(-1)
  assert.equal(`${ended?.code} ${ended?.output?.[0]?.message}`, '409 136.25.15.102 is in the pool office already.')
  assert.deepEqual(
    engine.calls.map(({ body }) => body),
    [{ addresses: ['136.25.15.102'] }, { addresses: ['136.25.15.103'] }],
  )
  assert.equal((await client.run('add network 54.239.98.0/24')).at(-1)?.code, 200)
})

test('pools are deleted by name, id or all their addresses', async t => {
  const { engine, listen } = await setUp(t)
  engine.tables.networks.apply(poolExample)
  const client = await connect({ port: await listen(), as: 'root' })
  for (const words of [poolExample.name, poolExample.id.slice(0, 8), '203.0.113.10 203.0.113.16/28']) {
    assert.equal((await client.run(`del net ${words}`)).at(-1)?.code, 200, words)
    assert.deepEqual(
      engine.calls.splice(0).map(({ command, target }) => `${command} ${target}`),
      [`networks.remove ${poolExample.name}`],
    )
  }
  const ended = (await client.run('del net 203.0.113.10/32')).at(-1)
  assert.equal(ended?.code, 409)
  assert.match(ended?.output?.[0]?.message ?? '', /other addresses too \(203\.0\.113\.16\/28\)/)
  assert.deepEqual(engine.calls, [])
  // What is no pool is the engine's to refuse.
  engine.failWith(new GatewayError('ReadOnly', 'kindgate-alex belongs to the cluster alex.'))
  assert.match((await client.run('del net kindgate-alex')).at(-1)?.output?.[0]?.message ?? '', /belongs to the cluster/)
})
