import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { TLSSocket } from 'node:tls'
import { createTransport } from '../../../src/drivers/kubernetes/transport.ts'
import { createWatchedClock } from './support/clock.ts'
import { openExchanges } from './support/exchanges.ts'
import { createIdentity, type Identity, listenHttps } from './support/https-server.ts'

describe('trust of the transport', () => {
  let identity: Identity
  before(async () => {
    identity = await createIdentity()
  })

  it('trusts no other authority', async () => {
    await using run = await openExchanges(identity)
    const { authority } = await createIdentity()
    const credentials = { ...run.server.credentials, ca: authority.cert }
    const transport = createTransport({ credentials, clock: run.clock })
    await assert.rejects(transport.request({ path: '/livez' }), { name: 'TransportError', code: 'unreachable' })
    assert.deepEqual(run.exchanges.all, [])
    transport.close()
  })

  it('trusts a certificate for the names it has only', async () => {
    await using server = await listenHttps(await createIdentity(['localhost', '127.0.0.2']), (_, outgoing) =>
      outgoing.end(),
    )
    const clock = createWatchedClock()
    const transport = createTransport({ credentials: server.credentials, clock })
    await assert.rejects(transport.request({ path: '/livez' }), { name: 'TransportError', message: /127\.0\.0\.1/ })
    transport.close()

    const named = { ...server.credentials, server: server.credentials.server.replace('127.0.0.1', 'localhost') }
    const other = createTransport({ credentials: named, clock })
    assert.equal(await other.request({ path: '/livez' }), '')
    other.close()
  })

  it('is turned away with a certificate of another authority', async () => {
    await using run = await openExchanges(identity)
    const { client } = await createIdentity()
    const transport = createTransport({ credentials: { ...run.server.credentials, ...client }, clock: run.clock })
    await assert.rejects(transport.request({ path: '/livez' }), { name: 'TransportError', code: 'unreachable' })
    assert.deepEqual(run.exchanges.all, [])
    transport.close()
  })

  it('proves who it is with its certificate', async () => {
    await using run = await openExchanges(identity)
    const answer = run.transport.request({ path: '/livez' })
    const { incoming, outgoing } = await run.exchanges.next()
    outgoing.end()
    await answer
    assert.ok(incoming.socket instanceof TLSSocket)
    assert.equal(incoming.socket.authorized, true)
    const { CN, O } = incoming.socket.getPeerCertificate().subject
    assert.deepEqual([CN, O], ['admin', 'system:masters'])
  })

  it('refuses an address that is not https', () => {
    const credentials = { server: 'http://127.0.0.1:8080', ca: '', cert: '', key: '' }
    assert.throws(() => createTransport({ credentials, clock: createWatchedClock() }), /https/)
  })
})
