import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { startForeignCluster } from '../../support/imported.ts'
import { startServed } from '../served.ts'

const chunk = 64 * 1024
const mebibyte = 1024 * 1024

/** A log that never ends: `counts.sent` bytes were taken of it so far. */
function flood() {
  const counts = { sent: 0, ended: false }
  async function* log(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        yield Buffer.alloc(chunk, 'a log without end\n')
        counts.sent += chunk
        await turn()
      }
    } finally {
      counts.ended = true
    }
  }
  return { counts, log }
}

test('a reader of a log that stands still holds its container up, and the gateway takes no more', async t => {
  const served = await startServed(t)
  const far = await startForeignCluster(t)
  const { counts, log } = flood()
  far.api.intercept = ({ path }) => (path.endsWith('/pods/web/log') ? { stream: log() } : undefined)
  await served.ask('root', {
    method: 'POST',
    url: '/api/v1/clusters',
    payload: { name: 'far', kubeconfig: far.kubeconfig() },
  })
  await served.until(() => served.cluster('far').state === 'ready')
  const port = await served.listen()
  const accepted: Socket[] = []
  served.server.server.on('connection', socket => accepted.push(socket))
  const slow = connect(port, '127.0.0.1')
  t.after(() => slow.destroy())
  await once(slow, 'connect')
  slow.write(
    `GET /api/v1/clusters/far/namespaces/default/pods/web/log?follow=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${served.tokens.root}\r\n\r\n`,
  )
  await once(slow, 'readable')
  const [stuck] = accepted
  assert.ok(stuck)

  // Time enough for 128 MiB.
  let most = 0
  for (let turns = 0; turns < 2048; turns += 1) {
    await turn()
    most = Math.max(most, stuck.writableLength)
  }
  const held = counts.sent
  assert.ok(held < 32 * mebibyte, `${held} bytes were taken for a reader that takes none`)
  assert.ok(most < mebibyte, `${most} bytes were held back in the gateway`)

  let read = 0
  slow.on('data', data => {
    read += data.byteLength
  })
  while (read < held + 8 * mebibyte) await turn()
  assert.ok(counts.sent > held)

  slow.destroy()
  while (!counts.ended) await turn()
})
