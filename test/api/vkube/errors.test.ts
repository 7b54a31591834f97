import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { tokens } from '../../support/engine.ts'
import { orderSecrets } from '../../support/orders.ts'
import { problemOf } from '../support.ts'
import { deployBody, errorOf, setUpVkube } from './support.ts'

test('without the right secret nothing is answered but what the guide says is for everybody', async t => {
  const { ask } = await setUpVkube(t)
  const guarded: ['GET' | 'POST' | 'PUT' | 'DELETE', string][] = [
    ['GET', 'order'],
    ['POST', 'deploy'],
    ['GET', 'pod/status'],
    ['GET', 'pod/log'],
    ['GET', 'pod/logs'],
    ['POST', 'pod/restart'],
    ['PUT', 'pod/update'],
    ['DELETE', 'pod'],
  ]
  for (const [method, path] of guarded) {
    assert.match(errorOf(await ask({ method, url: `/k8s/${path}`, secret: null }), 401), /missing/)
    assert.match(errorOf(await ask({ method, url: `/k8s/${path}`, secret: 'wrong' }), 401), /wrong/)
    assert.match(errorOf(await ask({ method, url: `/k8s/${path}`, secret: orderSecrets.expired }), 403), /expired/)
  }
})

test('a bad body does not show whether a secret is right', async t => {
  const { ask } = await setUpVkube(t)
  errorOf(await ask({ method: 'POST', url: '/k8s/deploy', secret: 'wrong', payload: '{' }), 401)
})

test('an address that sends too many wrong secrets is told so, as for any other credential', async t => {
  const { ask, harness } = await setUpVkube(t, { server: { credentialFailures: 5 } })
  const bearer = (token: string) =>
    harness.ask({ url: '/api/v1/version', headers: { authorization: `Bearer ${token}` } })
  for (let tries = 0; tries < 3; tries++) errorOf(await ask({ url: '/k8s/order', secret: `${tries}` }), 401)
  for (let tries = 0; tries < 2; tries++) problemOf(await bearer(`wrong ${tries}`), 401, 'Unauthorized')
  const refused = await ask({ url: '/k8s/order' })
  assert.match(errorOf(refused, 429), /credentials that are not valid/)
  assert.ok(Number(refused.headers['retry-after']) > 0)
  problemOf(await bearer(tokens.ann), 429, 'TooManyRequests')
  assert.equal((await ask({ url: '/k8s/order', remoteAddress: '192.0.2.7' })).statusCode, 200, 'another address')
})

test('a secret that was right before is not held up by wrong ones of its address, nor is one that is left out', async t => {
  const { ask } = await setUpVkube(t, { server: { credentialFailures: 3 } })
  assert.equal((await ask({ url: '/k8s/order' })).statusCode, 200)
  for (let tries = 0; tries < 9; tries++) errorOf(await ask({ url: '/k8s/order', secret: null }), 401)
  errorOf(await ask({ url: '/k8s/order', secret: 'wrong' }), 401)
  for (let tries = 0; tries < 5; tries++) await ask({ url: '/k8s/order', secret: `${tries}` })
  errorOf(await ask({ url: '/k8s/order', secret: 'again' }), 429)
  assert.equal((await ask({ url: '/k8s/order' })).statusCode, 200)
})

test('an address may ask for regions only so often', async t => {
  const { ask } = await setUpVkube(t, { vkube: { public: true, requestsPerMinute: 3 } })
  for (let tries = 0; tries < 3; tries++)
    assert.equal((await ask({ url: '/k8s/regions', secret: null })).statusCode, 200)
  const refused = await ask({ url: '/k8s/regions', secret: null })
  assert.match(errorOf(refused, 429), /too many requests/)
  assert.ok(Number(refused.headers['retry-after']) > 0)
})

test('what is for everybody can be closed', async t => {
  const { ask } = await setUpVkube(t, { vkube: { public: false, requestsPerMinute: 100 } })
  for (const url of ['/k8s/regions', '/k8s/images?image=nginx&tag=1']) {
    errorOf(await ask({ url, secret: null }), 401)
    assert.equal((await ask({ url })).statusCode, 200)
  }
})

test('every layer refuses in the guide’s shape', async t => {
  const { harness, ask } = await setUpVkube(t, { expectErrors: true })
  errorOf(await ask({ url: '/k8s/nothing' }), 404)
  errorOf(await ask({ url: '/api/v1/k8s' }), 404)
  errorOf(await ask({ url: '/k8s/pod/nothing/at/all', secret: null }), 404)
  const wrongMethod = await ask({ method: 'PUT', url: '/k8s/deploy', payload: '{}' })
  errorOf(wrongMethod, 405)
  assert.equal(wrongMethod.headers.allow, 'POST')
  for (const method of ['PUT', 'TRACE'] as const) {
    const unread = await ask({ method, url: '/api/v1/k8s/pod', payload: '{"a":', secret: null })
    assert.equal(errorOf(unread, 405), 'only DELETE is allowed here')
    assert.equal(unread.headers.allow, 'DELETE')
  }
  assert.match(errorOf(await ask({ method: 'POST', url: '/k8s/deploy', payload: '{"a":' }), 400), /not valid JSON/)
  assert.match(errorOf(await ask({ method: 'POST', url: '/k8s/deploy', payload: '{"a":1,"a":2}' }), 400), /twice/)
  const large = JSON.stringify({ ...deployBody, name: 'x'.repeat(1024 * 1024) })
  errorOf(await ask({ method: 'POST', url: '/k8s/deploy', payload: large }), 413)
  assert.match(errorOf(await ask({ method: 'POST', url: '/k8s/pod/stop', payload: { a: 1 } }), 400), /no body/)
  assert.match(errorOf(await ask({ url: '/k8s/order?a=1' }), 400), /"a" is not known/)
  harness.engine.orders.pods.status = () => {
    throw new Error('a secret of the program')
  }
  assert.equal(errorOf(await ask({ url: '/k8s/pod/status' }), 500), 'server errror')
})

test('a malformed path is refused in the guide’s shape, too', async t => {
  const { harness } = await setUpVkube(t)
  const port = await harness.listen()
  for (const path of ['/k8s/%zz', '/api/v1/k8s/pod/%']) {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.end(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    const answer = await text(socket)
    assert.match(answer, /^HTTP\/1.1 400 /)
    assert.match(answer, /\{"error":\{"code":400,"message":"[^"]+"\}\}$/)
  }
})

test('no secret gets into the log', async t => {
  const { harness, ask } = await setUpVkube(t)
  await ask({ url: '/k8s/order' })
  await ask({ url: '/k8s/order', secret: 'wrong-secret-of-somebody' })
  await ask({ url: `/k8s/order?secret=${orderSecrets.valid}` })
  assert.doesNotMatch(harness.logText(), /the-secret|wrong-secret-of-somebody/)
})
