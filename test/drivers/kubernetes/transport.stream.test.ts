import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { openExchanges } from './support/exchanges.ts'
import { createIdentity, type Identity } from './support/https-server.ts'

describe('stream of the transport', () => {
  let identity: Identity
  before(async () => {
    identity = await createIdentity()
  })

  it('gives bytes as they come and ends with the answer', async () => {
    await using run = await openExchanges(identity)
    const opening = run.transport.stream({ path: '/watch' })
    const { outgoing } = await run.exchanges.next()
    outgoing.writeHead(200).flushHeaders()
    const chunks = (await opening)[Symbol.asyncIterator]()
    outgoing.write('one')
    assert.equal(String((await chunks.next()).value), 'one')
    outgoing.end('two')
    assert.equal(String((await chunks.next()).value), 'two')
    assert.equal((await chunks.next()).done, true)
  })

  it('knows no time-out once it is open', async () => {
    await using run = await openExchanges(identity)
    const opening = run.transport.stream({ path: '/watch', timeoutMs: 1_000 })
    const { outgoing } = await run.exchanges.next()
    outgoing.writeHead(200).flushHeaders()
    const chunks = (await opening)[Symbol.asyncIterator]()
    await run.clock.advance(3_600_000)
    outgoing.end('late')
    assert.equal(String((await chunks.next()).value), 'late')
  })

  it('tells a connection that was cut from one that ended', async () => {
    await using run = await openExchanges(identity)
    const opening = run.transport.stream({ path: '/watch' })
    const { incoming, outgoing } = await run.exchanges.next()
    outgoing.writeHead(200).write('one')
    const chunks = (await opening)[Symbol.asyncIterator]()
    await chunks.next()
    incoming.socket.destroy()
    await assert.rejects(chunks.next(), { name: 'TransportError', code: 'unreachable' })
  })

  it('closes its connection when the reader leaves', async () => {
    await using run = await openExchanges(identity)
    const opening = run.transport.stream({ path: '/watch' })
    const { incoming, outgoing } = await run.exchanges.next()
    const closed = new Promise(resolve => incoming.socket.once('close', resolve))
    outgoing.writeHead(200).write('one')
    for await (const chunk of await opening) {
      assert.equal(String(chunk), 'one')
      break
    }
    await closed
  })

  it('closes its connection on abort, read or not', async () => {
    await using run = await openExchanges(identity)
    const controller = new AbortController()
    const opening = run.transport.stream({ path: '/watch', signal: controller.signal })
    const { incoming, outgoing } = await run.exchanges.next()
    const closed = new Promise(resolve => incoming.socket.once('close', resolve))
    outgoing.writeHead(200).flushHeaders()
    await opening
    controller.abort()
    await closed
  })

  it('does not read ahead of its reader', async () => {
    await using run = await openExchanges(identity)
    const opening = run.transport.stream({ path: '/watch' })
    const { outgoing } = await run.exchanges.next()
    let written = 0
    const piece = Buffer.alloc(1 << 20)
    const fill = () => {
      while (written < 256 && !outgoing.destroyed) {
        written += 1
        if (!outgoing.write(piece)) return outgoing.once('drain', fill)
      }
    }
    outgoing.writeHead(200)
    fill()
    const chunks = (await opening)[Symbol.asyncIterator]()
    await chunks.next()
    for (let others = 0; others < 100; others += 1) {
      const other = run.transport.request({ path: '/livez' })
      ;(await run.exchanges.next()).outgoing.end()
      await other
    }
    assert.ok(written < 64, `${written} MiB were taken`)
    await chunks.return?.()
  })
})
