import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { test } from 'node:test'
import { mostCommands } from '../../../src/api/qbo/session.ts'
import { tokens } from '../../support/engine.ts'
import { setUp, until } from '../support.ts'
import { connect, refusal } from './client.ts'

test('without a credential the upgrade is refused', async t => {
  const { listen } = await setUp(t)
  const port = await listen()
  for (const headers of [{}, { authorization: 'Bearer wrong' }, { cookie: 'qbo_uid=wrong; qbo_aux=' }]) {
    assert.equal((await refusal({ port, as: null, headers })).status, 401)
  }
})

test('what is no WebSocket is told to upgrade', async t => {
  const { ask } = await setUp(t)
  assert.equal((await ask({ url: '/qbo' })).statusCode, 426)
})

test('a cookie lets in as it does over HTTP, also with white space in it', async t => {
  const { listen } = await setUp(t)
  const port = await listen()
  for (const cookie of [`qbo_uid=${tokens.ann}; qbo_aux=`, `qbo_uid= ${tokens.ann} ;  qbo_aux= `]) {
    const client = await connect({ port, as: null, headers: { cookie } })
    assert.equal((await client.run('version')).at(-1)?.user, 'ann')
  }
})

test('a mirror must be a uuid', async t => {
  const { listen } = await setUp(t)
  const port = await listen()
  for (const query of ['?mirror=mine', '?mirrors=1']) assert.equal((await refusal({ port, query })).status, 400)
})

test('a credential that ends closes its connections', async t => {
  const { engine, listen } = await setUp(t)
  const port = await listen()
  const [ann, bob] = [await connect({ port }), await connect({ port, as: 'bob' })]
  ann.send('get all -w')
  await ann.settled()
  engine.endCredential(tokens.ann)
  assert.deepEqual(await ann.closed, { code: 4401, reason: 'the credential has ended' })
  await bob.settled()
})

test('a shutdown says that it goes', async t => {
  const { server, listen } = await setUp(t)
  const client = await connect({ port: await listen() })
  const closed = server.close()
  assert.equal((await client.closed).code, 1001)
  await closed
})

test('a message over 64 KiB closes with 1009, the others go on', async t => {
  const { listen } = await setUp(t)
  const port = await listen()
  const [one, other] = [await connect({ port }), await connect({ port })]
  one.send('x'.repeat(80 * 1024))
  assert.equal((await one.closed).code, 1009)
  await other.settled()
})

test('a binary frame is answered', async t => {
  const { listen } = await setUp(t)
  const client = await connect({ port: await listen() })
  client.socket.send(Buffer.from('{"cmd":"version"}'), { binary: true })
  const answer = await client.until(({ code }) => code === 415)
  assert.equal(answer.status, 'Unsupported Media Type')
  await client.settled()
})

test('10,000 messages at once are all answered', async t => {
  const { listen } = await setUp(t)
  const client = await connect({ port: await listen() })
  for (let n = 0; n < 10_000; n += 1) client.send(n % 2 === 0 ? 'version' : 'no such thing')
  await until(() => client.received.filter(({ command }) => command === 'CMD_DONE').length === 10_000)
  const codes = new Set(client.received.map(({ code }) => code))
  assert.ok(
    [...codes].every(code => [200, 201, 202, 400, 429].includes(code)),
    [...codes].join(),
  )
  await client.settled()
})

test('commands under way are limited', async t => {
  const { engine, listen } = await setUp(t)
  engine.putCluster('alex')
  const client = await connect({ port: await listen() })
  for (let n = 0; n < mostCommands; n += 1) client.send('get nodes -A -w')
  const ended = (await client.run('version')).at(-1)
  assert.equal(`${ended?.code} ${ended?.status}`, '429 Too Many Requests')
  assert.equal((await client.run('stop watch -A')).at(-1)?.code, 200)
  await client.settled()
})

test('a peer that does not answer pings is cut off', async t => {
  const { engine, listen } = await setUp(t)
  const client = await connect({ port: await listen() })
  client.socket.pause()
  const clients = () => engine.tables.clients.list({ viewer: { name: 'root', admin: true } }).items.length
  assert.equal(clients(), 1)
  await engine.clock.advance(61_000)
  await until(() => clients() === 0)
  client.socket.terminate()
})

test('who does not read is told to list anew and closed, before 8 MiB are held', async t => {
  const { engine, server, listen } = await setUp(t)
  const sockets: { writableLength: number }[] = []
  server.server.on('connection', socket => sockets.push(socket))
  const port = await listen()
  const slow = await connect({ port })
  const quick = await connect({ port, query: `?mirror=${randomUUID()}` })
  slow.send('get nodes -A -w')
  const watch = quick.send('get nodes -A -w')
  await slow.settled()
  await quick.settled()
  slow.socket.pause()
  let held = 0
  let sent = 0
  const clients = () => engine.tables.clients.list({ viewer: { name: 'root', admin: true } }).items.length
  while (clients() > 1) {
    sent += 1
    engine.putNode('node-1.localhost', { message: String(sent), os: 'x'.repeat(20_000) + sent })
    held = Math.max(held, ...sockets.map(socket => socket.writableLength))
    if (sent % 50 === 0) await quick.until(({ nodes }) => String(nodes?.[0]?.os).endsWith(String(sent)))
  }
  assert.ok(held > 1024 * 1024 && held <= 8 * 1024 * 1024, `${held} bytes were held`)
  slow.socket.resume()
  assert.deepEqual(await slow.closed, { code: 1013, reason: 'resync' })
  assert.match(slow.received.at(-1)?.output?.[0]?.message ?? '', /^resync/)
  await quick.settled()
  assert.equal(quick.received.filter(({ uuid, nodes }) => uuid === watch && nodes?.length).length, sent)
})

test('messages are compressed where that is switched on', async t => {
  for (const deflate of [false, true]) {
    const { engine, listen } = await setUp(t, { surfaces: { deflate } })
    engine.putCluster('alex')
    const client = await connect({ port: await listen(), deflate: true })
    assert.equal(client.socket.extensions, deflate ? 'permessage-deflate' : '')
    assert.equal((await client.run('get clusters -A'))[2]?.clusters?.[0]?.name, 'alex')
  }
})

test('a subprotocol that a client offers is taken', async t => {
  const { listen } = await setUp(t)
  const port = await listen()
  const { WebSocket } = await import('ws')
  const socket = new WebSocket(`ws://127.0.0.1:${port}/qbo`, ['qbo', 'other'], {
    headers: { authorization: `Bearer ${tokens.ann}` },
  })
  await once(socket, 'open')
  assert.equal(socket.protocol, 'qbo')
  socket.close()
})
