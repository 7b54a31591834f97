import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { deployBody, errorOf, setUpVkube } from './support.ts'

const text = fc.string({ unit: 'binary', maxLength: 40 })
/** What can be sent as a header. */
const header = fc.stringMatching(/^[\x21-\x7e]([\x20-\x7e]{0,30}[\x21-\x7e])?$/)

/** Bodies that resemble what is meant, with anything in some place. */
const nearlyDeploy = fc
  .tuple(fc.constantFrom(...Object.keys(deployBody.containers[0] ?? {}), 'args', 'envs'), fc.jsonValue())
  .map(([key, value]) => JSON.stringify({ ...deployBody, containers: [{ ...deployBody.containers[0], [key]: value }] }))
const nearlyPorts = fc
  .record({ region: fc.oneof(text, fc.jsonValue()), ports: fc.oneof(fc.array(fc.integer()), fc.jsonValue()) })
  .map(body => JSON.stringify(body))
const body = fc.oneof(text, fc.json(), nearlyDeploy, nearlyPorts)

test('whatever is sent, the answer is 200 or an error of the client in the guide’s shape', async t => {
  const { ask } = await setUpVkube(t, { vkube: { public: true, requestsPerMinute: 1_000_000 } })
  const path = fc.constantFrom(
    'regions',
    'images',
    'checkports',
    'order',
    'deploy',
    'pod/status',
    'pod/log',
    'pod/update',
    'pod',
  )
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH'),
    path,
    query: fc.dictionary(fc.constantFrom('image', 'tag', 'tailLines', 'container', 'x'), text, { maxKeys: 3 }),
    headers: fc.dictionary(fc.constantFrom('username', 'password', 'content-type', 'accept', 'x-y'), header, {
      maxKeys: 3,
    }),
    payload: fc.option(body, { nil: undefined }),
  })
  await fc.assert(
    fc.asyncProperty(request, async ({ method, path, query, headers, payload }) => {
      const url = `/k8s/${path}?${new URLSearchParams(query)}`
      const answer = await ask({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
      if (answer.statusCode === 200) return
      assert.ok(answer.statusCode >= 400 && answer.statusCode < 500, `${answer.statusCode} ${answer.body}`)
      errorOf(answer, answer.statusCode)
    }),
    { numRuns: 500 },
  )
})
