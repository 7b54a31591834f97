import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setUp, until } from '../support.ts'
import { type Client, connect } from './client.ts'

const linesSeen = ({ received }: Client) => [...new Set(received.map(message => message.command_line))]

test('connections of a user see what the others do: inputs, outputs, changes of nodes', async t => {
  const { engine, listen } = await setUp(t)
  const port = await listen()
  const [one, other] = [await connect({ port }), await connect({ port })]
  engine.putCluster('alex')
  const uuid = one.send('add node alex -n 2')
  await until(() => engine.calls.length > 0)
  await one.settled()
  const [operation] = engine.tables.operations.list({ viewer: { name: 'ann', admin: false } }).items
  engine.putNode('node-1.localhost', { state: 'ready' })
  engine.progress(operation?.id ?? '', { state: 'succeeded' })
  const here = await one.done(uuid)
  const there = await other.done(uuid)
  assert.deepEqual(there, here)
  assert.ok(there.some(message => message.nodes?.[0]?.name === 'node-1.localhost'))
  assert.deepEqual(
    one.texts.filter(text => text.includes(uuid)),
    other.texts.filter(text => text.includes(uuid)),
  )
})

test('lists and kubeconfigs go to who asked for them only', async t => {
  const { engine, listen } = await setUp(t)
  const port = await listen()
  const [one, other] = [await connect({ port }), await connect({ port })]
  engine.putCluster('alex')
  const list = one.send('get clusters -A')
  const kubeconfig = one.send('get cluster alex -k')
  await other.done(list)
  await other.done(kubeconfig)
  assert.deepEqual(other.received.map(({ code }) => code).toSorted(), [200, 200, 201, 201, 202, 202])
  assert.ok(other.received.every(({ clusters, output }) => !clusters && !output?.[0]?.kubeconfig))
})

test('users’ mirrors never leak, by whatever id', async t => {
  const { engine, listen } = await setUp(t)
  const port = await listen()
  const id = randomUUID()
  engine.putCluster('anns')
  engine.putCluster('bobs', { owner: 'bob' })
  const clients = await Promise.all(
    (['ann', 'bob'] as const).flatMap(as => [connect({ port, as }), connect({ port, as, query: `?mirror=${id}` })]),
  )
  for (const client of clients) client.send('get clusters -A -w')
  for (const client of clients) await client.settled()
  engine.putCluster('anns', { state: 'degraded' })
  engine.putCluster('bobs', { owner: 'bob', state: 'degraded' })
  for (const client of clients) await client.settled()
  for (const [index, client] of clients.entries()) {
    const [user, name] = index < 2 ? ['ann', 'anns'] : ['bob', 'bobs']
    assert.ok(client.received.every(message => message.user === user))
    assert.deepEqual(
      client.received.flatMap(({ clusters = [] }) => clusters.map(cluster => `${cluster.name} ${cluster.state}`)),
      [`${name} ready`, `${name} degraded`],
    )
  }
})

test('a mirror of one’s own keeps its commands apart from the user’s others', async t => {
  const { listen } = await setUp(t)
  const port = await listen()
  const apart = await connect({ port, query: `?mirror=${randomUUID()}` })
  const other = await connect({ port })
  await apart.run('get clusters -A')
  await other.run('version')
  await apart.settled()
  assert.deepEqual(linesSeen(other), ['qbo version'])
  assert.deepEqual(linesSeen(apart), ['qbo get clusters -A', 'qbo version'])
})

test('an admin joins a user’s mirror, and tells nothing there', async t => {
  const { engine, listen } = await setUp(t)
  const port = await listen()
  const id = randomUUID()
  const ann = await connect({ port, query: `?mirror=${id}` })
  const root = await connect({ port, as: 'root', query: `?mirror=${id}` })
  const [, , clients] = await root.run('get clients -A')
  assert.deepEqual(
    (Array.isArray(clients?.clients) ? clients.clients : []).map(client => [client.user, client.mirror]).toSorted(),
    [
      ['ann', id],
      ['root', id],
    ],
  )
  engine.putCluster('roots', { owner: 'root' })
  await root.run('get cluster roots')
  await ann.run('get clusters -A')
  await root.settled()
  assert.deepEqual(linesSeen(ann), ['qbo get clusters -A'])
  assert.ok(linesSeen(root).includes('qbo get clusters -A'))
})

test('an admin watches all by -A', async t => {
  const { engine, listen } = await setUp(t)
  const root = await connect({ port: await listen(), as: 'root' })
  root.send('get nodes -A -w')
  await root.settled()
  engine.putNode('node-1.localhost', { owner: 'ann' })
  engine.putNode('node-2.localhost', { owner: 'bob' })
  await root.settled()
  assert.deepEqual(
    root.received.flatMap(({ nodes = [] }) => nodes.map(({ name, user }) => `${name} ${user}`)),
    ['node-1.localhost ann', 'node-2.localhost bob'],
  )
})

test('clients shows who is connected, and when they go', async t => {
  const { listen } = await setUp(t)
  const port = await listen()
  const one = await connect({ port })
  const watch = one.send('get clients -A -w')
  await one.settled()
  const other = await connect({ port, headers: { 'user-agent': 'test/1' } })
  await other.run('get networks --all')
  other.socket.close()
  await other.closed
  await one.until(({ clients }) => Array.isArray(clients) && clients[0]?.state === 'deleted')
  const seen = one.received
    .filter(({ uuid, clients }) => uuid === watch && Array.isArray(clients))
    .flatMap(({ clients }) => (Array.isArray(clients) ? clients : []))
    .filter(({ agent }) => agent === 'test/1')
  assert.deepEqual(
    seen.map(({ command, state }) => `${command} ${state ?? ''}`),
    [' ', 'get networks --all ', 'get networks --all deleted'],
  )
})
