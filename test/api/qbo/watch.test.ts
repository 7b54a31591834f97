import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSources } from '../../../src/api/qbo/elements/sources.ts'
import { podExample } from '../../../src/api/rest/examples/pods.ts'
import { serviceExample } from '../../../src/api/rest/examples/services.ts'
import { createFakeEngine } from '../../support/engine.ts'
import { setUp } from '../support.ts'
import { type Client, connect } from './client.ts'

const statesOf = ({ received }: Client, uuid: string) =>
  received.flatMap(message =>
    message.uuid === uuid && message.nodes ? [message.nodes.map(({ name, state }) => `${name} ${state}`)] : [],
  )

test('a watch sends the list once, then each change, a deletion as an element', async t => {
  const { engine, listen } = await setUp(t)
  const { id } = engine.putNode('node-1.localhost')
  engine.putNode('node-2.localhost')
  const client = await connect({ port: await listen() })
  const uuid = client.send('get nodes -A -w')
  await client.settled()
  engine.putNode('node-1.localhost', { state: 'exited' })
  engine.putNode('node-1.localhost', { state: 'exited', message: 'nothing that is shown here' })
  engine.tables.nodes.remove(id)
  engine.putNode('node-3.localhost', { state: 'created', containerId: null })
  await client.settled()
  assert.deepEqual(statesOf(client, uuid), [
    ['node-1.localhost ready', 'node-2.localhost ready'],
    ['node-1.localhost exited'],
    ['node-1.localhost deleted'],
    ['node-3.localhost created'],
  ])
  assert.ok(client.received.filter(message => message.uuid === uuid).every(({ command }) => command === 'CMD_GET'))
})

test('a watch is of what its names say', async t => {
  const { engine, listen } = await setUp(t)
  const client = await connect({ port: await listen() })
  const uuid = client.send('get nodes alex -w')
  await client.settled()
  engine.putNode('node-1.localhost')
  engine.putNode('node-2.localhost', { cluster: 'other' })
  await client.settled()
  assert.deepEqual(statesOf(client, uuid), [[], ['node-1.localhost ready']])
})

test('a node that is deleted goes by the id it had, and is not shown as new', async t => {
  const { engine, listen } = await setUp(t)
  engine.putCluster('alex', { state: 'deleting' })
  const node = engine.putNode('node-1.localhost')
  const client = await connect({ port: await listen() })
  const uuid = client.send('get nodes -A -w')
  await client.settled()
  engine.putNode('node-1.localhost', { state: 'created', containerId: null })
  engine.tables.nodes.remove(node.id)
  await client.settled()
  assert.deepEqual(statesOf(client, uuid), [['node-1.localhost ready'], ['node-1.localhost deleted']])
  const ids = client.received.flatMap(({ nodes = [] }) => nodes.map(each => each.id))
  assert.deepEqual(ids, [node.containerId, node.containerId])
})

test('what was there before the socket is known as what comes', () => {
  const engine = createFakeEngine()
  engine.putCluster('alex')
  const { clusterId } = engine.putNode('control-1.localhost', {
    role: 'control-plane',
    clusterId: engine.tables.clusters.byName('alex')?.id ?? '',
  })
  const sources = createSources(engine.tables, () => 1)
  const listed = sources.cluster?.list({ name: 'root', admin: true }, { words: [clusterId] })
  assert.match(listed?.elements ?? '', /"control_plane":"control-1.localhost"/)
})

test('get all -w has a thread for each table', async t => {
  const { engine, listen } = await setUp(t)
  const client = await connect({ port: await listen() })
  const uuid = client.send('get all -w')
  await client.settled()
  engine.putCluster('alex')
  engine.putNode('node-1.localhost')
  await client.settled()
  const mine = client.received.filter(message => message.uuid === uuid)
  const started = mine.filter(({ code }) => code === 201)
  assert.ok(started.length >= 3)
  assert.equal(new Set(started.map(message => message.thread_id)).size, started.length)
  assert.equal(new Set(mine.map(message => message.command_id)).size, 1)
  assert.ok(mine.some(({ clusters }) => clusters?.[0]?.name === 'alex'))
  assert.ok(mine.some(({ nodes }) => nodes?.[0]?.name === 'node-1.localhost'))
  assert.ok(mine.every(({ command }) => command !== 'CMD_DONE'))
})

test('a watch can be stopped, by its command_id, its uuid, or with all others', async t => {
  const { engine, listen } = await setUp(t)
  const client = await connect({ port: await listen() })
  for (const by of ['command_id', 'uuid', 'all'] as const) {
    const uuid = client.send('get nodes -A -w')
    await client.settled()
    const { command_id } = await client.until(message => message.uuid === uuid)
    const ended = await client.run(`stop watch ${{ command_id, uuid, all: '-A' }[by]}`)
    assert.equal(ended.at(-1)?.code, 200)
    const messages = await client.done(uuid)
    engine.putNode(`node-${by}.localhost`)
    await client.settled()
    assert.equal(client.received.filter(message => message.uuid === uuid).length, messages.length)
  }
  assert.equal((await client.run('stop watch nothing')).at(-1)?.code, 404)
  assert.equal(
    engine.mirror.counts().reduce((sum, { watchers }) => sum + watchers, 0),
    0,
  )
})

test('watches end with their connection', async t => {
  const { engine, listen } = await setUp(t)
  const client = await connect({ port: await listen() })
  client.send('get all -w')
  await client.settled()
  assert.ok(engine.mirror.counts().some(({ watchers }) => watchers > 0))
  client.socket.terminate()
  await client.closed
  const other = await connect({ port: Number(new URL(client.socket.url).port) })
  await other.settled()
  assert.deepEqual(
    engine.mirror.counts().filter(({ watchers }) => watchers > 0),
    [],
  )
  assert.equal(engine.tables.clients.list({ viewer: { name: 'root', admin: true } }).items.length, 1)
})

test('pods and services show as QBO’s, and how they went', async t => {
  const { engine, listen } = await setUp(t)
  const client = await connect({ port: await listen() })
  const pods = client.send('get pods alex -w')
  const services = client.send('get svc -A -w')
  await client.settled()
  engine.tables.pods.apply({
    ...podExample,
    owner: 'ann',
    cluster: 'alex',
    status: 'Completed',
    phase: 'Succeeded',
    ready: '0/1',
  })
  engine.tables.services.apply({ ...serviceExample, owner: 'ann', cluster: 'alex' })
  engine.tables.pods.remove(podExample.id)
  engine.tables.services.remove(serviceExample.id)
  await client.settled()
  const seen = (uuid: string, key: string) =>
    client.received.filter(message => message.uuid === uuid && message[key]).flatMap(message => message[key])
  assert.deepEqual(
    seen(pods, 'pods').map(pod => [Object(pod).status, Object(pod).ready, Object(pod).started]),
    [
      ['Succeeded', 0, 0],
      ['deleted', 0, 0],
    ],
  )
  const ports = seen(services, 'services')
  assert.equal(ports.length, 2 * serviceExample.ports.length)
  assert.equal(Object(ports[0]).port_number, serviceExample.ports[0]?.port)
  assert.equal(Object(ports.at(-1)).status, 'deleted')
})
