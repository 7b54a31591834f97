import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HTTPMethods, RouteOptions } from 'fastify'
import { root } from '../../support/engine-on-simulated.ts'
import { type Served, startServed } from '../served.ts'
import { type Answered, type Sample, samples } from './samples.ts'

interface Route {
  method: HTTPMethods
  url: string
  /** Of its entry in `samples`. */
  key: string
}

/** The gateway, with every route that it says it has. */
async function walked(t: Parameters<typeof startServed>[0]): Promise<{ served: Served; routes: Route[] }> {
  const routes: Route[] = []
  const list = ({ method, url }: RouteOptions) => {
    for (const each of [method].flat())
      routes.push({ method: each, url, key: `${each === 'HEAD' ? 'GET' : each} ${url}` })
  }
  const served = await startServed(t, { routes: server => void server.addHook('onRoute', list) })
  return { served, routes }
}

function sampleOf({ key }: Route): Sample {
  const sample = samples[key]
  assert.ok(sample, `${key} is not walked: add an entry '${key}' to test/api/walk/samples.ts that says who may use it`)
  return sample
}

function isExpected(status: number, expected: Answered): boolean {
  return expected === 'ok' ? status >= 200 && status < 400 : expected.includes(status)
}

test('every route has an entry that says who may use it, and every entry a route', async t => {
  const { routes } = await walked(t)
  const keys = routes.map(({ key }) => key)
  for (const route of routes) sampleOf(route)
  assert.deepEqual(
    Object.keys(samples).filter(key => !keys.includes(key)),
    [],
    'no route any more: remove them from test/api/walk/samples.ts',
  )
})

test('without a credential every route but the open ones answers 401', async t => {
  const { served, routes } = await walked(t)
  for (const [index, route] of routes.entries()) {
    const { open, request } = sampleOf(route)
    const sent = { ...(await request(served, null)), method: route.method }
    // Each from an address of its own: who fails often is told to come later.
    const { statusCode } = await served.ask(null, { ...sent, remoteAddress: `2001:db8::${index.toString(16)}` })
    assert.ok(isExpected(statusCode, open ?? [401]), `${route.method} ${route.url}: ${statusCode}`)
  }
})

for (const [who, as] of [
  ['a stranger has nothing of what is not theirs', 'bob'],
  ['an owner has what is theirs', 'ann'],
  ['an admin has everything', 'root'],
] as const)
  test(`by every route ${who}`, async t => {
    const { served, routes } = await walked(t)
    const { operations } = served.engine.tables
    const begun = () => operations.list({ viewer: root, filter: each => each.owner === as }).items.length
    for (const route of routes) {
      // It is answered as GET is.
      if (route.method === 'HEAD') continue
      const { expect, ofAnn } = sampleOf(route)
      const sent = await sampleOf(route).request(served, as)
      const before = begun()
      const { statusCode, body } = await served.ask(as, { ...sent, method: route.method })
      const what = `${route.method} ${route.url}: ${statusCode} ${body.slice(0, 300)}`
      assert.ok(isExpected(statusCode, expect[as]), what)
      if (ofAnn !== undefined) assert.equal(body.includes(ofAnn), as !== 'bob', what)
      if (expect[as] !== 'ok') assert.equal(begun(), before, `${what} has changed nothing`)
    }
  })
