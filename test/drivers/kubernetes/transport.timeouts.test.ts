import assert from 'node:assert/strict'
import { getEventListeners, once } from 'node:events'
import net from 'node:net'
import { before, describe, it } from 'node:test'
import { createTransport } from '../../../src/drivers/kubernetes/transport.ts'
import { createWatchedClock } from './support/clock.ts'
import { json, openExchanges } from './support/exchanges.ts'
import { createIdentity, type Identity, listenHttps } from './support/https-server.ts'

describe('time-outs of the transport', () => {
  let identity: Identity
  before(async () => {
    identity = await createIdentity()
  })

  it('gives up on an answer that does not come in time', async () => {
    await using run = await openExchanges(identity)
    const refused = assert.rejects(run.transport.request({ path: '/slow', timeoutMs: 7_000 }), {
      name: 'TransportError',
      code: 'timeout',
      message: /within 7 s/,
    })
    const { incoming } = await run.exchanges.next()
    const closed = new Promise(resolve => incoming.socket.once('close', resolve))
    await run.clock.advance(7_000)
    await refused
    await closed
  })

  it('gives up on an answer that stops halfway', async () => {
    await using run = await openExchanges(identity)
    const refused = assert.rejects(run.transport.request({ path: '/slow', timeoutMs: 7_000 }), { code: 'timeout' })
    const { outgoing } = await run.exchanges.next()
    outgoing.writeHead(200, json).write('{"kind"')
    await run.clock.advance(7_000)
    await refused
  })

  it('leaves idle connections after a time-out, since they may be dead as well', async () => {
    await using run = await openExchanges(identity)
    const pair = [run.transport.request({ path: '/a' }), run.transport.request({ path: '/b' })]
    const both = [await run.exchanges.next(), await run.exchanges.next()]
    for (const { outgoing } of both) outgoing.end()
    await Promise.all(pair)

    const refused = assert.rejects(run.transport.request({ path: '/slow', timeoutMs: 1_000 }), { code: 'timeout' })
    await run.exchanges.next()
    await run.clock.advance(1_000)
    await refused
    const fresh = run.transport.request({ path: '/c' })
    ;(await run.exchanges.next()).outgoing.end()
    await fresh
    assert.equal(run.server.connections, 3)
  })

  it('gives up on a connection that is accepted but says nothing', async () => {
    const mute = net.createServer().listen(0, '127.0.0.1')
    await once(mute, 'listening')
    const address = mute.address()
    assert.ok(typeof address === 'object' && address)
    const clock = createWatchedClock()
    const { authority, client } = identity
    const credentials = { server: `https://127.0.0.1:${address.port}`, ca: authority.cert, ...client }
    const transport = createTransport({ credentials, clock, connectTimeoutMs: 3_000 })
    const refused = assert.rejects(transport.stream({ path: '/watch', timeoutMs: Number.POSITIVE_INFINITY }), {
      name: 'TransportError',
      code: 'timeout',
    })
    const [socket] = await once(mute, 'connection')
    await clock.advance(3_000)
    await refused
    socket.destroy()
    mute.close()
    transport.close()
  })

  it('says that nobody listens', async () => {
    const server = await listenHttps(identity, () => {})
    await server[Symbol.asyncDispose]()
    const clock = createWatchedClock()
    const transport = createTransport({ credentials: server.credentials, clock })
    await assert.rejects(transport.request({ path: '/livez' }), {
      name: 'TransportError',
      code: 'unreachable',
      message: /ECONNREFUSED/,
    })
    assert.equal(clock.sleepers, 0)
    transport.close()
  })

  it('ends a request when its signal aborts, with the reason', async () => {
    await using run = await openExchanges(identity)
    const controller = new AbortController()
    const reason = new Error('enough')
    const refused = assert.rejects(run.transport.request({ path: '/slow', signal: controller.signal }), reason)
    const { incoming } = await run.exchanges.next()
    const closed = new Promise(resolve => incoming.socket.once('close', resolve))
    controller.abort(reason)
    await refused
    await closed
    await assert.rejects(run.transport.request({ path: '/slow', signal: controller.signal }), reason)
  })

  it('leaves nothing on the caller’s signal', async () => {
    await using run = await openExchanges(identity)
    const { signal } = new AbortController()
    const answer = run.transport.request({ path: '/livez', signal })
    ;(await run.exchanges.next()).outgoing.end()
    await answer
    const opening = run.transport.stream({ path: '/watch', signal })
    ;(await run.exchanges.next()).outgoing.end('one')
    for await (const chunk of await opening) assert.equal(String(chunk), 'one')
    await run.clock.settle()
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })
})
