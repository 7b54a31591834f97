import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { problemOf, setUp } from '../support.ts'

const name = fc.oneof(
  fc.constantFrom('alex', 'no-such', '..', '%', '%00', 'a/b', ''),
  fc.string({ unit: 'binary', maxLength: 80 }),
)
const segment = name.map(encodeURIComponentLeniently)
const path = fc.oneof(
  fc.constantFrom('clusters', 'nodes', 'networks', 'operations', 'images', 'version').map(kind => `/api/v1/${kind}`),
  fc
    .tuple(fc.constantFrom('clusters', 'nodes', 'networks', 'operations'), segment)
    .map(parts => `/api/v1/${parts.join('/')}`),
  fc
    .tuple(
      fc.constantFrom('clusters', 'nodes'),
      segment,
      fc.constantFrom('start', 'stop', 'nodes', 'kubeconfig', 'processes'),
    )
    .map(parts => `/api/v1/${parts.join('/')}`),
  segment.map(text => `/${text}`),
)
const parameter = fc.constantFrom(
  'limit',
  'continue',
  'labelSelector',
  'state',
  'resourceVersion',
  'colour',
  '__proto__',
)
const query = fc.dictionary(parameter, fc.oneof(fc.string(), fc.constantFrom('0', '1', 'ready', 'a=b', '!a')), {
  maxKeys: 3,
})
const headerValue = fc.stringMatching(/^[\x20-\x7e]{0,30}$/)
const headers = fc.dictionary(
  fc.constantFrom(
    'if-match',
    'if-none-match',
    'prefer',
    'idempotency-key',
    'last-event-id',
    'accept',
    'x-request-id',
    'content-encoding',
  ),
  fc.oneof(headerValue, fc.constantFrom('*', '"1"', 'wait=0', 'text/event-stream')),
)
const type = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('application/json', 'application/merge-patch+json') },
  { weight: 1, arbitrary: headerValue },
)
const body = fc.oneof(
  fc.json(),
  fc.string(),
  fc
    .record(
      {
        name: fc.oneof(name, fc.jsonValue()),
        nodes: fc.oneof(fc.integer({ min: -2, max: 300 }), fc.jsonValue()),
        labels: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    .map(value => JSON.stringify(value)),
)

test('whatever is sent, the answer is one that is documented: never a 5xx, and a problem for every error', async t => {
  const { ask, engine } = await setUp(t)
  engine.putCluster('alex')
  engine.putNode('alex')
  const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS')
  await fc.assert(
    fc.asyncProperty(
      method,
      path,
      query,
      headers,
      type,
      body,
      async (...[method, url, query, headers, type, payload]) => {
        const hasBody = !['GET', 'HEAD'].includes(method)
        const answer = await ask({
          method,
          url,
          query,
          headers: { ...headers, ...(hasBody ? { 'content-type': type } : {}) },
          ...(hasBody ? { payload } : {}),
        })
        assert.ok(answer.statusCode < 500, `${answer.statusCode}: ${answer.body}`)
        if (answer.statusCode >= 400 && method !== 'HEAD') problemOf(answer, answer.statusCode, answer.json().code)
      },
    ),
    { numRuns: 400 },
  )
})

/** As a client would that leaves some signs as they are. */
function encodeURIComponentLeniently(text: string): string {
  return text === '%' ? text : encodeURIComponent(text.toWellFormed()).replaceAll('%2F', '%2f')
}
