import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { messageOf, textFrame } from '../../../src/api/qbo/messages/frame.ts'

test('frames of every length are read by a client', async t => {
  const texts = [0, 1, 125, 126, 65_535, 65_536].map(length => 'é'.repeat(length / 2) + 'x'.repeat(length % 2))
  const frames = texts.map(text => {
    const bytes = Buffer.from(text)
    const half = bytes.length >> 1
    return textFrame(bytes.subarray(0, half), bytes.subarray(half))
  })
  assert.deepEqual(
    frames.map(frame => messageOf(frame).toString()),
    texts,
  )
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  t.after(() => server.close())
  server.on('connection', (_socket, { socket }) => {
    for (const { bytes } of frames) socket.write(bytes)
  })
  await once(server, 'listening')
  const address: AddressInfo | string | null = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const client = new WebSocket(`ws://127.0.0.1:${address.port}`)
  t.after(() => client.terminate())
  const received: string[] = []
  const all = Promise.withResolvers<void>()
  client.on('message', (data, binary) => {
    assert.equal(binary, false)
    if (received.push(data.toString()) === texts.length) all.resolve()
  })
  await all.promise
  assert.deepEqual(received, texts)
})
