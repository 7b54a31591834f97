import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemOf, setUp, until } from '../support.ts'
import { openWatch } from './watching.ts'

test('the gateway lives whatever it lacks', async t => {
  const { ask, engine } = await setUp(t)
  engine.setHealth([{ name: 'store', ready: false, message: 'down' }])
  assert.equal((await ask({ url: '/livez', as: null })).statusCode, 200)
})

test('it is ready when everything it needs is there', async t => {
  const { ask, engine } = await setUp(t)
  engine.setHealth([
    { name: 'store', ready: true, message: 'connected' },
    { name: 'mirror', ready: true, message: 'filled' },
  ])
  const answer = await ask({ url: '/readyz', as: null })
  assert.equal(answer.statusCode, 200)
  assert.deepEqual(answer.json().checks, [
    { name: 'store', ready: true },
    { name: 'mirror', ready: true },
  ])
})

test('it names what is not ready, and keeps to itself why: everybody may ask', async t => {
  const { ask, engine } = await setUp(t)
  engine.setHealth([
    { name: 'store', ready: false, message: 'connect ECONNREFUSED 10.0.0.7:5432' },
    { name: 'runtime', ready: true, message: '' },
    { name: 'mirror', ready: false, message: 'filling' },
  ])
  const answer = await ask({ url: '/readyz', as: null })
  const problem = problemOf(answer, 503, 'Unavailable')
  assert.deepEqual(problem.notReady, ['store', 'mirror'])
  assert.doesNotMatch(answer.body, /10\.0\.0\.7/)
})

test('the metrics count requests, objects, watches and operations', async t => {
  const harness = await setUp(t)
  const { ask, engine, listen } = harness
  engine.putCluster('a')
  engine.putCluster('b', { owner: 'bob' })
  engine.putOperation({ state: 'running' })
  engine.putOperation({ state: 'failed' })
  await ask({ url: '/api/v1/clusters/a' })
  await ask({ url: '/api/v1/clusters/b' })
  await ask({ url: '/no/such/route' })
  const watch = await openWatch(await listen(), 'nodes?watch=true')

  const answer = await ask({ url: '/metrics', as: 'ann' })
  assert.match(String(answer.headers['content-type']), /^text\/plain; version=0\.0\.4/)
  for (const line of [
    'kindgate_http_requests_total{method="GET",route="/api/v1/clusters/:name",status="200"} 2',
    'kindgate_http_requests_total{method="GET",route="unmatched",status="404"} 1',
    'kindgate_http_request_duration_seconds_count{method="GET",route="/api/v1/clusters/:name",status="200"} 2',
    'kindgate_objects{kind="clusters"} 2',
    'kindgate_watches{kind="nodes"} 1',
    'kindgate_watches{kind="clusters"} 0',
    'kindgate_operations{state="running"} 1',
    'kindgate_operations{state="succeeded"} 0',
    'kindgate_audit_held_entries 2',
    'kindgate_audit_lost_entries_total 3',
  ]) {
    assert.ok(answer.body.split('\n').includes(line), `${line} in\n${answer.body}`)
  }
  assert.match(answer.body, /^process_resident_memory_bytes \d/m)

  watch.leave()
  await until(() => engine.clock.sleepers === 0)
  const after = (await ask({ url: '/metrics' })).body
  assert.match(after, /^kindgate_audit_lost_entries_total 3$/m)
  assert.match(after, /kindgate_watches\{kind="nodes"\} 0/)
  assert.match(after, /kindgate_http_requests_total\{method="GET",route="\/api\/v1\/nodes",status="200"\} 1/)
  assert.doesNotMatch(
    after,
    /duration_seconds_count\{method="GET",route="\/api\/v1\/nodes"/,
    'a stream has no duration',
  )
})

test('the metrics name nobody and nothing', async t => {
  const { ask, engine } = await setUp(t)
  engine.putCluster('very-private')
  await ask({ url: '/api/v1/clusters/very-private' })
  assert.doesNotMatch((await ask({ url: '/metrics', as: 'bob' })).body, /very-private|root/)
})

test('two gateways in a process count apart', async t => {
  const [one, other] = [await setUp(t), await setUp(t)]
  await one.ask({ url: '/api/v1/version' })
  assert.match((await one.ask({ url: '/metrics' })).body, /route="\/api\/v1\/version"/)
  assert.doesNotMatch((await other.ask({ url: '/metrics' })).body, /route="\/api\/v1\/version"/)
})
