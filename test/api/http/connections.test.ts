import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { tokens } from '../../support/engine.ts'
import { type Problem, setUp } from '../support.ts'

const auth = `Authorization: Bearer ${tokens.root}`

/** Sends bytes over a connection of its own and returns the answers, up to where the server ends the connection. */
async function exchange(port: number, ...pieces: (string | Buffer)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const answer = text(socket)
  for (const piece of pieces) {
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), once(socket, 'end')])
  }
  return answer
}

function problemIn(answer: string, status: number, code: string): Problem {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`), answer)
  assert.match(head, /\r\ncontent-type: application\/problem\+json\r\n/i)
  assert.match(head, /\r\nconnection: close/i)
  assert.match(head, new RegExp(`\r\ncontent-length: ${Buffer.byteLength(body)}(\r\n|$)`, 'i'))
  const problem: Problem = JSON.parse(body)
  assert.equal(problem.code, code)
  assert.equal(problem.status, status)
  assert.match(head, new RegExp(`x-request-id: ${problem.requestId}`, 'i'))
  return problem
}

for (const [what, bytes, status, code] of [
  ['garbage', 'hello\r\n\r\n', 400, 'InvalidRequest'],
  ['an unknown method', `FROB / HTTP/1.1\r\nHost: x\r\n\r\n`, 400, 'InvalidRequest'],
  ['a TLS hello', Buffer.from('160301020001000200fc03030000', 'hex'), 400, 'InvalidRequest'],
  ['a header without a colon', `GET / HTTP/1.1\r\nHost: x\r\nfoo\r\n\r\n`, 400, 'InvalidRequest'],
  ['a header with a zero byte', `GET / HTTP/1.1\r\nHost: x\r\na: b\0c\r\n\r\n`, 400, 'InvalidRequest'],
  [
    'two lengths',
    `POST /api/v1/clusters HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}`,
    400,
    'InvalidRequest',
  ],
  [
    'a length and chunks',
    `POST /api/v1/clusters HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    'InvalidRequest',
  ],
  ['too large a header', `GET / HTTP/1.1\r\nHost: x\r\na: ${'b'.repeat(20_000)}\r\n\r\n`, 431, 'HeadersTooLarge'],
  ['too long an address', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'HeadersTooLarge'],
] as const) {
  test(`${what} instead of HTTP gets a problem, and the connection ends`, async t => {
    const { listen } = await setUp(t)
    problemIn(await exchange(await listen(), bytes), status, code)
  })
}

test('a request without Host gets a problem', async t => {
  const { listen } = await setUp(t)
  const answer = await exchange(await listen(), `GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n`)
  assert.deepEqual(problemIn(answer, 400, 'InvalidRequest').errors, [{ where: '/headers/host', what: 'is required' }])
})

test('HTTP/1.0 needs no Host', async t => {
  const { listen } = await setUp(t)
  assert.match(await exchange(await listen(), 'GET /livez HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 OK/)
})

test('the absolute form of an address works and its user information is not logged', async t => {
  const { listen, logText } = await setUp(t)
  const request = `GET http://any:s3cret@host/livez HTTP/1.1\r\nHost: host\r\nConnection: close\r\n\r\n`
  assert.match(await exchange(await listen(), request), /^HTTP\/1\.1 200 OK/)
  assert.match(logText(), /"url":"\/livez"/)
  assert.doesNotMatch(logText(), /s3cret/)
})

test('a body that grows over 1 MiB in chunks is refused', async t => {
  const { listen, engine } = await setUp(t)
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
  const answer = await exchange(
    await listen(),
    `POST /api/v1/clusters HTTP/1.1\r\nHost: x\r\n${auth}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    ...Array.from({ length: 17 }, () => chunk),
  )
  problemIn(answer, 413, 'PayloadTooLarge')
  assert.deepEqual(engine.calls, [])
})

test('headers that do not arrive in time end the connection with a problem', async t => {
  const { listen } = await setUp(t, { server: { timeouts: { headersMs: 100, requestMs: 200, checkMs: 50 } } })
  problemIn(await exchange(await listen(), 'GET /livez HTTP/1.1\r\nHost: x\r\n'), 408, 'RequestTimeout')
})

test('a body that does not arrive in time ends the connection with a problem', async t => {
  const { listen, engine } = await setUp(t, { server: { timeouts: { headersMs: 100, requestMs: 200, checkMs: 50 } } })
  const head = `POST /api/v1/clusters HTTP/1.1\r\nHost: x\r\n${auth}\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n`
  problemIn(await exchange(await listen(), head, '{"name"'), 408, 'RequestTimeout')
  assert.deepEqual(engine.calls, [])
})

test('garbage behind a watch ends the connection and puts nothing into the stream', async t => {
  const { listen } = await setUp(t)
  const request = `GET /api/v1/clusters?watch=true HTTP/1.1\r\nHost: x\r\n${auth}\r\n\r\n`
  const socket = connect(await listen(), '127.0.0.1')
  let received = ''
  socket.setEncoding('utf8').on('data', data => {
    received += data
    if (received.includes('BOOKMARK')) socket.write('garbage\r\n\r\n')
  })
  socket.on('error', () => {})
  socket.write(request)
  await once(socket, 'close')
  assert.match(received, /^HTTP\/1\.1 200 OK/)
  assert.doesNotMatch(received, /problem/)
})
