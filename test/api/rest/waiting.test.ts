import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { tokens } from '../../support/engine.ts'
import { setUp } from '../support.ts'

const create = (wait: string) => ({
  method: 'POST' as const,
  url: '/api/v1/clusters',
  payload: { name: 'alex' },
  headers: { prefer: wait },
})

for (const state of ['succeeded', 'failed', 'cancelled'] as const) {
  test(`Prefer: wait answers 200 once the operation has ${state}`, async t => {
    const { ask, engine } = await setUp(t)
    engine.tables.operations.subscribe(({ type, object }) => {
      if (type === 'ADDED')
        setImmediate(() => engine.progress(object.id, { state, finishedAt: '2026-11-21T08:00:20Z' }))
    })
    const answer = await ask(create('wait=120'))
    assert.equal(answer.statusCode, 200)
    assert.equal(answer.json().state, state)
    assert.equal(answer.headers['preference-applied'], 'wait=120')
    assert.equal(answer.headers.location, `/api/v1/operations/${answer.json().id}`)
  })
}

test('Prefer: wait answers 202 with the operation as it is when time is up', async t => {
  const { ask, engine } = await setUp(t)
  const answer = ask(create('wait=5'))
  const result = await engine.clock.run(answer)
  assert.equal(result.statusCode, 202)
  assert.equal(result.json().state, 'pending')
  assert.equal(engine.clock.now(), Date.UTC(2026, 0, 1) + 5000)
})

for (const [prefer, applied] of [
  ['wait=99999', 'wait=600'],
  ['wait=0', 'wait=0'],
  ['respond-async, wait=7', 'wait=7'],
  ['WAIT="7"; x=1', 'wait=7'],
  ['wait=7, wait=9', 'wait=7'],
  ['wait=-1', undefined],
  ['wait=soon', undefined],
  ['wait', undefined],
  ['return=minimal', undefined],
] as const) {
  test(`Prefer: ${prefer} is taken as ${applied ?? 'no wish to wait'}`, async t => {
    const { ask, engine } = await setUp(t)
    const answer = await engine.clock.run(ask(create(prefer)))
    assert.equal(answer.statusCode, 202)
    assert.equal(answer.headers['preference-applied'], applied)
  })
}

test('a client that goes away ends the wait', async t => {
  const { listen, engine } = await setUp(t)
  const ended = Promise.withResolvers<void>()
  const wait = engine.operations.wait
  Object.assign(engine.operations, {
    wait: async (...given: Parameters<typeof wait>) => {
      setImmediate(() => socket.destroy())
      await wait(...given)
      ended.resolve()
      return wait(given[0], given[1], 0, given[3])
    },
  })
  const socket = connect(await listen(), '127.0.0.1')
  await once(socket, 'connect')
  const body = '{"name":"alex"}'
  socket.write(
    `POST /api/v1/clusters HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tokens.ann}\r\nPrefer: wait=600\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  await ended.promise
  assert.equal(engine.clock.now(), Date.UTC(2026, 0, 1))
})

test('a server that closes ends the wait and answers with the operation as it is', async t => {
  const { listen, engine, server } = await setUp(t)
  const port = await listen()
  const waiting = Promise.withResolvers<void>()
  const wait = engine.operations.wait
  Object.assign(engine.operations, {
    wait: (...given: Parameters<typeof wait>) => {
      waiting.resolve()
      return wait(...given)
    },
  })
  const answer = fetch(`http://127.0.0.1:${port}/api/v1/clusters`, {
    method: 'POST',
    body: '{"name":"alex"}',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.ann}`, prefer: 'wait=600' },
  })
  await waiting.promise
  await server.close()
  assert.equal((await answer).status, 202)
})
