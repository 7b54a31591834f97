import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { KubernetesError } from '../../../src/drivers/kubernetes/errors.ts'
import { createTransport } from '../../../src/drivers/kubernetes/transport.ts'
import { json, openAnswering, openExchanges } from './support/exchanges.ts'
import { createIdentity, type Identity } from './support/https-server.ts'

describe('transport', () => {
  let identity: Identity
  before(async () => {
    identity = await createIdentity()
  })

  it('sends method, query, body and media type, and gives the answer’s JSON', async () => {
    await using run = await openExchanges(identity)
    const answer = run.transport.request({
      method: 'PATCH',
      path: '/api/v1/nodes/a',
      query: { force: true, limit: 5, continue: undefined, fieldSelector: 'a=b' },
      contentType: 'application/merge-patch+json',
      body: { spec: 'ü' },
    })
    const { incoming, outgoing } = await run.exchanges.next()
    const chunks: Uint8Array[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    outgoing.writeHead(200, json).end('{"kind":"Node"}')

    assert.equal(incoming.method, 'PATCH')
    assert.equal(incoming.url, '/api/v1/nodes/a?force=true&limit=5&fieldSelector=a%3Db')
    assert.equal(incoming.headers['content-type'], 'application/merge-patch+json')
    assert.equal(Buffer.concat(chunks).toString(), '{"spec":"ü"}')
    assert.deepEqual(await answer, { kind: 'Node' })
  })

  it('keeps a path that the server’s address has', async () => {
    await using run = await openExchanges(identity)
    const credentials = { ...run.server.credentials, server: `${run.server.credentials.server}/k8s/alex/` }
    const transport = createTransport({ credentials, clock: run.clock })
    const answer = transport.request({ path: '/livez' })
    const { incoming, outgoing } = await run.exchanges.next()
    outgoing.end('ok')
    assert.equal(await answer, 'ok')
    assert.equal(incoming.url, '/k8s/alex/livez')
    transport.close()
  })

  it('uses one connection for one request after another', async () => {
    await using run = await openAnswering(identity, '{}')
    for (let count = 0; count < 5; count += 1) await run.transport.request({ path: '/version' })
    assert.equal(run.server.connections, 1)
  })

  it('tries once more on a kept connection that turns out to be closed', async () => {
    await using run = await openExchanges(identity)
    const first = run.transport.request({ path: '/one' })
    ;(await run.exchanges.next()).outgoing.end()
    await first
    const second = run.transport.request({ path: '/two' })
    ;(await run.exchanges.next()).incoming.socket.destroy()
    ;(await run.exchanges.next()).outgoing.end('there')
    assert.equal(await second, 'there')
    assert.equal(run.server.connections, 2)
  })

  it('does not repeat a POST by itself', async () => {
    await using run = await openExchanges(identity)
    const first = run.transport.request({ path: '/one' })
    ;(await run.exchanges.next()).outgoing.end()
    await first
    const second = run.transport.request({ method: 'POST', path: '/two', body: {} })
    const refused = assert.rejects(second, { name: 'TransportError', code: 'unreachable' })
    ;(await run.exchanges.next()).incoming.socket.destroy()
    await refused
  })

  it('gives the Status of a refusal as an error', async () => {
    await using run = await openExchanges(identity)
    const answer = run.transport.request({ path: '/api/v1/nodes/a' })
    const details = { causes: [{ reason: 'NamespaceTerminating' }] }
    const status = { kind: 'Status', code: 429, reason: 'TooManyRequests', message: 'not now', details }
    const { outgoing } = await run.exchanges.next()
    outgoing.writeHead(429, { ...json, 'retry-after': '3' }).end(JSON.stringify(status))
    await assert.rejects(answer, (error: unknown) => {
      assert.ok(error instanceof KubernetesError)
      const { status, reason, message, retryAfterMs, causes } = error
      assert.deepEqual([status, reason, message, retryAfterMs], [429, 'TooManyRequests', 'not now', 3_000])
      assert.deepEqual(causes, ['NamespaceTerminating'])
      return true
    })
  })

  it('gives the text of a refusal that carries no Status', async () => {
    await using run = await openExchanges(identity)
    const stream = run.transport.stream({ path: '/readyz' })
    const { outgoing } = await run.exchanges.next()
    outgoing.writeHead(500).end('[-]etcd failed')
    await assert.rejects(stream, { name: 'KubernetesError', status: 500, message: /500: \[-\]etcd failed/ })
  })

  it('refuses an answer that is not the JSON it claims to be', async () => {
    await using run = await openAnswering(identity, '{"kind":')
    await assert.rejects(run.transport.request({ path: '/version' }), { name: 'TransportError', code: 'malformed' })
  })

  it('refuses an answer above the size limit and drops its connection', async () => {
    await using run = await openAnswering(identity, JSON.stringify('x'.repeat(5_000)))
    await assert.rejects(run.transport.request({ path: '/big', maxBytes: 5_000 }), {
      name: 'TransportError',
      code: 'too-large',
    })
    await run.transport.request({ path: '/big', maxBytes: 5_002 })
    assert.equal(run.server.connections, 2)
  })

  it('closes all connections and takes no more requests once closed', async () => {
    await using run = await openExchanges(identity)
    const refused = assert.rejects(run.transport.request({ path: '/slow' }), { name: 'TransportError' })
    const { incoming } = await run.exchanges.next()
    const closed = new Promise(resolve => incoming.socket.once('close', resolve))
    run.transport.close()
    await refused
    await closed
    await assert.rejects(run.transport.request({ path: '/livez' }), { name: 'TransportError', code: 'closed' })
  })
})
