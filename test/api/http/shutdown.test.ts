import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { closeServer } from '../../../src/api/http/lifecycle.ts'
import { setUp, until } from '../support.ts'

/** A route that answers when told to. */
async function setUpSlow(t: Parameters<typeof setUp>[0]) {
  const begun = Promise.withResolvers<void>()
  const finish = Promise.withResolvers<void>()
  const harness = await setUp(t, {
    routes: server => {
      server.get('/slow', { config: { access: 'public' }, schema: { hide: true } }, async () => {
        begun.resolve()
        await finish.promise
        return 'done'
      })
    },
  })
  return { ...harness, begun: begun.promise, finish: finish.resolve, port: await harness.listen() }
}

test('closing lets a request that is under way finish, and takes no new connection', async t => {
  const { server, port, begun, finish } = await setUpSlow(t)
  const answer = fetch(`http://127.0.0.1:${port}/slow`)
  await begun
  const closed = closeServer(server, { graceMs: 60_000 })
  await once(server.closing, 'abort')
  await new Promise(resolve => setImmediate(resolve))
  const late = connect(port, '127.0.0.1')
  await assert.rejects(once(late, 'connect'), { code: 'ECONNREFUSED' })
  finish()
  assert.equal(await (await answer).text(), 'done')
  await closed
})

test('a connection that is kept alive does not hold up closing', async t => {
  const { server, port, begun, finish } = await setUpSlow(t)
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const outgoing = request({ port, path: '/slow', agent })
  outgoing.end()
  await begun
  const closed = closeServer(server, { graceMs: 60_000 })
  await once(server.closing, 'abort')
  finish()
  const [answer] = await once(outgoing, 'response')
  assert.equal(answer.headers.connection, 'close')
  assert.equal(await text(answer), 'done')
  await closed
})

test('what is not done in time is cut off', async t => {
  const { server, port, begun } = await setUpSlow(t)
  const answer = fetch(`http://127.0.0.1:${port}/slow`)
  await begun
  const cut = assert.rejects(answer, /fetch failed/)
  await closeServer(server, { graceMs: 0 })
  await cut
})

test('a connection on which nothing was asked is cut off', async t => {
  const { server, port } = await setUpSlow(t)
  const idle = connect(port, '127.0.0.1')
  const accepted = once(server.server, 'connection')
  await once(idle, 'connect')
  await accepted
  const ended = once(idle, 'close')
  idle.on('error', () => {})
  await closeServer(server, { graceMs: 10 })
  await ended
})

test('a request that is complete only while the server closes is refused with a problem', async t => {
  const { server, port, begun, finish } = await setUpSlow(t)
  const answer = fetch(`http://127.0.0.1:${port}/slow`)
  await begun
  const socket = connect(port, '127.0.0.1')
  const received = text(socket)
  const accepted = once(server.server, 'connection')
  await new Promise(resolve => socket.write('GET /livez HTTP/1.1\r\n', resolve))
  const [served] = await accepted
  await until(() => served.bytesRead > 0)
  const closed = closeServer(server, { graceMs: 60_000 })
  await once(server.closing, 'abort')
  socket.write('Host: x\r\n\r\n')
  assert.match(await received, /^HTTP\/1\.1 503 .*"code":"Unavailable"/s)
  finish()
  assert.equal((await answer).status, 200)
  await closed
})
