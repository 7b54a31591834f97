import assert from 'node:assert/strict'
import { test } from 'node:test'
import { imageExample } from '../../../src/api/rest/examples/images.ts'
import { setUp, until } from '../support.ts'
import { connect, type Message } from './client.ts'

const inShort = ({ code, status, command, output, input }: Message) =>
  [code, status, command, output?.[0]?.message ?? input?.[0]?.message ?? ''].join(' ')

test('a command is accepted, started, answered and ended', async t => {
  const { engine, listen } = await setUp(t)
  engine.putCluster('alex')
  const client = await connect({ port: await listen() })
  const [accepted, started, list, ended, ...more] = await client.run('get clusters -A')
  assert.ok(accepted && started && list && ended)
  assert.equal(inShort(accepted), '202 Accepted CMD_GET command accepted')
  assert.equal(inShort(started), `201 Created CMD_GET thread '${started.thread_id}' started`)
  assert.equal(list.clusters?.[0]?.name, 'alex')
  assert.match(inShort(ended), new RegExp(`^200 OK CMD_DONE thread ${started.thread_id} terminated in \\d+\\.\\d{6}s$`))
  assert.deepEqual(more, [])
  assert.equal(new Set([accepted, started, list, ended].map(message => message.command_id)).size, 1)
})

test('the envelope has the documented keys in the documented order', async t => {
  const { engine, listen } = await setUp(t)
  engine.putNode('node-2b251a2c.localhost')
  const client = await connect({ port: await listen(), headers: { host: 'gateway.example:9601' } })
  const uuid = client.send('get nodes -A')
  const [, , list, ended] = await client.done(uuid)
  assert.ok(list && ended)
  const envelope = [
    ['timestamp', 'status', 'code', 'command_id', 'command_line', 'command', 'subcommand', 'apicommand'],
    ['uuid', 'user', 'agent', 'peer', 'host', 'source', 'wsi', 'thread_id', 'vhost'],
  ]
  assert.deepEqual(Object.keys(list), ['nodes', ...envelope.flat()])
  assert.deepEqual(Object.keys(ended), ['output', ...(envelope[0] ?? []), 'callback', ...(envelope[1] ?? [])])
  const { timestamp, command_id, wsi, thread_id, nodes, ...rest } = list
  assert.deepEqual(rest, {
    status: 'OK',
    code: 200,
    command_line: 'qbo get nodes -A',
    command: 'CMD_GET',
    subcommand: 'SUBCMD_NODE',
    apicommand: 'APICMD_NONE',
    uuid,
    user: 'ann',
    agent: 'qbo-thread/kindgate-0.1.0',
    peer: '127.0.0.1',
    host: 'gateway.example',
    source: 'qbo',
    vhost: 'proxy',
  })
  assert.equal(Math.trunc(timestamp / 1000), engine.clock.now())
  assert.match(String(wsi), /^0x[0-9a-f]{12}$/)
  assert.ok(Number.isSafeInteger(thread_id))
  assert.deepEqual(
    Object.keys(nodes?.[0] ?? {}).join(' '),
    'name id image cluster state address os kernel user cluster_id',
  )
})

test('what does not exist is an empty list', async t => {
  const { listen } = await setUp(t)
  const client = await connect({ port: await listen() })
  const [, , list, ended] = await client.run('get cluster nobody')
  assert.deepEqual(list?.clusters, [])
  assert.equal(ended?.code, 200)
})

test('a cluster is added while its nodes are shown, and the command ends with it', async t => {
  const { engine, listen } = await setUp(t)
  const client = await connect({ port: await listen() })
  const uuid = client.send('add cluster alex -i kindest/node:v1.34.4 -n2 -d example.org')
  await until(() => engine.calls.length > 0)
  assert.deepEqual(engine.calls[0]?.body, {
    name: 'alex',
    image: 'kindest/node:v1.34.4',
    nodes: 2,
    domain: 'example.org',
  })
  await client.settled()
  const [operation] = engine.tables.operations.list({ viewer: { name: 'ann', admin: false } }).items
  assert.ok(operation)
  engine.putNode('control-1.example.org', { role: 'control-plane', state: 'created', containerId: null })
  engine.progress(operation.id, { state: 'running', step: 2, message: '2 of 7: starting' })
  engine.putNode('control-1.example.org', { role: 'control-plane', state: 'running' })
  engine.putNode('control-1.example.org', { role: 'control-plane', state: 'ready' })
  engine.putNode('other.example.org', { cluster: 'another' })
  engine.progress(operation.id, { state: 'succeeded', message: 'the cluster is ready' })
  const messages = await client.done(uuid)
  assert.deepEqual(
    messages.flatMap(({ nodes = [] }) => nodes.map(({ name, state }) => `${name} ${state}`)),
    ['created', 'running', 'ready'].map(state => `control-1.example.org ${state}`),
  )
  const progress = messages.find(({ output }) => output?.[0]?.message === '2 of 7: starting')
  assert.deepEqual(progress?.output?.[0], { message: '2 of 7: starting', step: 2, steps: 1 })
  assert.equal(messages.at(-1)?.code, 200)
})

test('an operation that fails ends the command with what failed', async t => {
  const { engine, listen } = await setUp(t)
  const client = await connect({ port: await listen() })
  engine.putCluster('alex')
  const uuid = client.send('stop cluster alex')
  await until(() => engine.calls.length > 0)
  const [operation] = engine.tables.operations.list({ viewer: { name: 'ann', admin: false } }).items
  assert.ok(operation)
  engine.progress(operation.id, {
    state: 'failed',
    error: { step: 'stop', message: 'the node takes no signal', output: null },
  })
  const ended = (await client.done(uuid)).at(-1)
  assert.equal(`${ended?.code} ${ended?.status}`, '500 Internal Server Error')
  assert.equal(ended?.output?.[0]?.message, 'alex: stop: the node takes no signal')
})

test('several names are all tried, and what failed is told', async t => {
  const { engine, listen } = await setUp(t)
  const client = await connect({ port: await listen() })
  engine.putCluster('prod')
  const uuid = client.send('start clusters dev prod')
  await until(() => engine.calls.length > 0)
  assert.deepEqual(
    engine.calls.map(({ command, target }) => `${command} ${target}`),
    ['clusters.start prod'],
  )
  const [operation] = engine.tables.operations.list({ viewer: { name: 'ann', admin: false } }).items
  engine.progress(operation?.id ?? '', { state: 'succeeded' })
  const ended = (await client.done(uuid)).at(-1)
  assert.equal(`${ended?.code} ${ended?.status}`, '404 Not Found')
  assert.equal(ended?.output?.[0]?.message, 'there is no cluster "dev"')
})

test('names, ids, short ids and names without a domain mean the same', async t => {
  const { engine, listen } = await setUp(t)
  const client = await connect({ port: await listen() })
  const containerId = '98650026d1dff267006d4ae520ff096ec4ac4a051de33abc5f805674337e22db'
  const { id } = engine.putCluster('alex')
  engine.putNode('node-2b251a2c.localhost', { containerId, clusterId: id })
  for (const word of [
    'alex',
    id,
    id.slice(0, 8),
    containerId,
    '98650026',
    'node-2b251a2c',
    'node-2b251a2c.localhost',
  ]) {
    const [, , list] = await client.run(`get nodes ${word}`)
    assert.deepEqual(
      list?.nodes?.map(node => node.id),
      [containerId],
      word,
    )
  }
  for (const word of ['98650026d1df', 'node-2b251a2c', 'node-2b251a2c.localhost']) {
    client.send(`stop node ${word}`)
    await client.settled()
    const call = engine.calls.pop()
    assert.equal(`${call?.command} ${call?.target}`, 'nodes.stop node-2b251a2c.localhost')
  }
})

test('the kubeconfig comes before the end, in an output of its own', async t => {
  const { engine, listen } = await setUp(t)
  engine.putCluster('alex')
  const client = await connect({ port: await listen() })
  for (const line of ['get cluster alex -k', 'get cluster -k alex']) {
    const [, , kubeconfig, ended] = await client.run(line)
    assert.match(kubeconfig?.output?.[0]?.kubeconfig ?? '', /^apiVersion: v1\n/)
    assert.equal(ended?.command, 'CMD_DONE')
  }
})

test('versions and images are as scripts expect them', async t => {
  const { listen } = await setUp(t)
  const client = await connect({ port: await listen() })
  const [, , version] = await client.run('version')
  assert.deepEqual(version?.version, [
    { docker: '28.2.2', qbo: 'api:kindgate-0.1.0', host: '127.0.0.1', arch: '__x86_64__' },
  ])
  const [, , images] = await client.run('get images')
  assert.equal(images?.apicommand, 'APICMD_REGISTRY_AUTH')
  assert.deepEqual(images?.images, [
    {
      name: 'hub.docker.com/kindest/node:v1.34.4',
      registry: 'hub.docker.com',
      user: 'kindest',
      repository: '',
      image: 'node',
      tag: 'v1.34.4',
      local: 1,
      size: 987654321,
    },
  ])
})

test('images that are not here are shown too, and which registry does not answer', async t => {
  const { engine, listen } = await setUp(t)
  const remote = { ...imageExample, name: 'kindest/node:v1.20.2', local: false, id: null, size: null }
  const asked: boolean[] = []
  engine.images.list = async (_principal, { all }) => {
    asked.push(all)
    return { images: [remote, imageExample], unanswered: ['reg.example/node'] }
  }
  const client = await connect({ port: await listen() })
  const [, , list, said, ended] = await client.run('get images')
  assert.deepEqual(
    list?.images?.map(({ tag, local, size }) => [tag, local, size]),
    [
      ['v1.20.2', 0, undefined],
      ['v1.34.4', 1, 987654321],
    ],
  )
  assert.equal(
    said?.output?.[0]?.message,
    'no answer from the registry of reg.example/node: only its local images are shown',
  )
  assert.equal(ended?.code, 200)
  await client.run('get images -A')
  const [, , named] = await client.run('get image hub.docker.com/kindest/node:v1.20.2')
  assert.deepEqual(
    named?.images?.map(({ tag }) => tag),
    ['v1.20.2'],
  )
  assert.deepEqual(asked, [false, true, true])
})

test('acts of -A are on what is one’s own', async t => {
  const { engine, listen } = await setUp(t)
  engine.putCluster('anns')
  engine.putCluster('roots', { owner: 'root' })
  const client = await connect({ port: await listen(), as: 'root' })
  client.send('delete clusters -A')
  await client.settled()
  assert.deepEqual(
    engine.calls.map(({ command, target }) => `${command} ${target}`),
    ['clusters.remove roots'],
  )
})

test('acts are audited, with how they ended', async t => {
  const { engine, listen } = await setUp(t)
  const client = await connect({ port: await listen() })
  await client.run('get clusters -A')
  await client.run('delete cluster nobody')
  assert.deepEqual(
    engine.audited.map(({ actor, action, resource, result, surface }) => ({
      actor,
      action,
      resource,
      result,
      surface,
    })),
    [{ actor: 'ann', action: 'delete cluster', resource: 'nobody', result: 'NotFound', surface: 'qbo' }],
  )
})
