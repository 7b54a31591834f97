import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseListening } from '../../../src/drivers/docker/listening.ts'

test('listening sockets are read as the kernel writes them, each port once', () => {
  const output = [
    '/proc/net/tcp:   0: 0100007F:2808 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1',
    '/proc/net/tcp6:   1: 00000000000000000000000000000000:280A 00000000000000000000000000000000:0000 0A 0 0 0 0',
    '/proc/net/tcp:   2: 00000000:280A 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1',
    '/proc/net/udp:  10: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2',
    'grep: /proc/net/udp6: No such file or directory',
  ].join('\n')
  assert.deepEqual(parseListening(output), [
    { protocol: 'TCP', port: 10248 },
    { protocol: 'TCP', port: 10250 },
    { protocol: 'UDP', port: 53 },
  ])
  assert.deepEqual(parseListening(''), [])
})
