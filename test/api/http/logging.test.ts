import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { createLogger, withLazyChildren } from '../../../src/log.ts'
import { tokens } from '../../support/engine.ts'
import { setUp } from '../support.ts'

/** The line of a request's end. */
const completed = (log: { msg: string }[]) => log.filter(line => line.msg === 'request completed').at(-1)

test('a sane X-Request-Id is taken, given back and logged', async t => {
  const { ask, log } = await setUp(t)
  const answer = await ask({ url: '/api/v1/version', headers: { 'x-request-id': 'trace.1-a_B' } })
  assert.equal(answer.headers['x-request-id'], 'trace.1-a_B')
  assert.partialDeepStrictEqual(completed(log()), {
    reqId: 'trace.1-a_B',
    method: 'GET',
    url: '/api/v1/version',
    status: 200,
    user: 'root',
  })
})

for (const id of ['', 'a b', 'x'.repeat(129), '"quoted"', '../etc', '{"a":1}']) {
  test(`the X-Request-Id ${JSON.stringify(id).slice(0, 20)} is replaced`, async t => {
    const { ask } = await setUp(t)
    const answer = await ask({ url: '/livez', headers: { 'x-request-id': id } })
    assert.match(String(answer.headers['x-request-id']), /^[0-9a-f]{8}-[0-9a-f-]{27}$/)
  })
}

test('the log has no credentials: neither of headers nor of addresses', async t => {
  const { ask, logText } = await setUp(t)
  await ask({ url: '/api/v1/version', headers: { cookie: 'sid=c00kie' } })
  await ask({ url: '/api/v1/clusters?access_token=t0ken&labelSelector=a&apiKey=k3y' })
  await ask({ url: '/no-such?password=passw0rd' })
  await ask({ url: '/api/v1/version', as: null, headers: { authorization: 'Bearer b3arer' } })
  assert.doesNotMatch(logText(), /kg_|c00kie|t0ken|k3y|passw0rd|b3arer/)
  assert.match(logText(), /access_token=\[redacted\]&labelSelector=a&apiKey=\[redacted\]/)
})

test('whoever logs an object with secrets logs none of them', () => {
  const lines: string[] = []
  const log = createLogger({ level: 'info', stream: { write: line => void lines.push(line) } })
  const headers = { authorization: 'Bearer s3cret', cookie: 's3cret', 'set-cookie': 's3cret', accept: '*/*' }
  log.info({ token: 's3cret', password: 's3cret', headers, request: { headers }, kept: 'plain' }, 'seen')
  assert.doesNotMatch(lines.join(''), /s3cret/)
  assert.match(lines.join(''), /"accept":"\*\/\*".*"kept":"plain"/)
})

test('a request whose client goes away is logged too', async t => {
  const { listen, server, log } = await setUp(t)
  const socket = connect(await listen(), '127.0.0.1')
  socket.write(`GET /api/v1/nodes?watch=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tokens.ann}\r\n\r\n`)
  const accepted = once(server.server, 'connection')
  await once(socket, 'data')
  const [served] = await accepted
  const gone = once(served, 'close')
  socket.destroy()
  await gone
  assert.partialDeepStrictEqual(
    log().find(line => line.msg === 'request aborted'),
    { url: '/api/v1/nodes?watch=true', user: 'ann', status: 200 },
  )
})

test('a child logger is made only for a line that is written, and its lines have its bindings', () => {
  const lines: string[] = []
  const log = createLogger({ level: 'info', stream: { write: line => void lines.push(line) } })
  let made = 0
  const parent = Object.create(log, {
    child: {
      value: (...of: Parameters<typeof log.child>) => {
        made += 1
        return log.child(...of)
      },
    },
  })
  const child = withLazyChildren(parent).child({ reqId: 'a' })
  child.debug('not written')
  assert.equal(made, 0)
  child.info({ n: 1 }, 'first')
  child.child({ part: 'b' }).warn('second')
  assert.equal(made, 1)
  const written = lines.map(line => JSON.parse(line))
  assert.partialDeepStrictEqual(written, [
    { level: 30, reqId: 'a', n: 1, msg: 'first' },
    { level: 40, reqId: 'a', part: 'b', msg: 'second' },
  ])
})
