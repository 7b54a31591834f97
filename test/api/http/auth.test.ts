import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RouteOptions } from 'fastify'
import { createServer } from '../../../src/api/http/server.ts'
import { createLogger } from '../../../src/log.ts'
import { createFakeEngine, tokens } from '../../support/engine.ts'
import { problemOf, setUp } from '../support.ts'

const open = ['/', '/livez', '/readyz', '/openapi.json', '/asyncapi.yaml', '/docs', '/login', '/login/callback']
/** V-Kube's routes have a credential and errors of their own; what the guide has for everybody is open. */
const vkube = /^(\/api\/v1)?\/k8s(\/|$)/
const vkubeOpen = /\/k8s(\/(regions|images|checkports|\*)?)?$/

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'TRACE'] as const

/** Every route that the server has, as the server says. */
async function walk(t: Parameters<typeof setUp>[0]) {
  const routes: { method: (typeof methods)[number]; url: string }[] = []
  const harness = await setUp(t, {
    routes: server => {
      server.addHook('onRoute', ({ method, url }: RouteOptions) => {
        for (const each of methods) if ([method].flat().includes(each)) routes.push({ method: each, url })
      })
    },
  })
  return { ...harness, routes }
}

const fill = (url: string) => url.replace(':id', '718bef86-7dfe-46c0-bf4e-3dfea83c6c28').replace(':name', 'alex')

test('every route but the open ones needs a credential', async t => {
  const { ask, engine, routes } = await walk(t)
  assert.ok(routes.length > 40, `${routes.length} routes`)
  let addresses = 0
  for (const { method, url } of routes) {
    if (open.includes(url) || url.startsWith('/docs/') || vkubeOpen.test(url)) continue
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { cookie: `token=${tokens.root}` }]) {
      // An address that sends too many wrong secrets is refused for that.
      const remoteAddress = vkube.test(url) ? `2001:db8:${(addresses++).toString(16)}::1` : '127.0.0.1'
      const answer = await ask({ method, url: fill(url), as: null, headers, remoteAddress })
      assert.equal(answer.statusCode, 401, `${method} ${url}`)
      if (vkube.test(url)) continue
      assert.match(String(answer.headers['www-authenticate']), /^Bearer realm="kindgate"/)
      // Kubernetes' clients are told in their own words.
      if (method !== 'HEAD' && !url.includes('/proxy')) problemOf(answer, 401, 'Unauthorized')
    }
  }
  assert.deepEqual(engine.calls, [])
})

test('the open routes need none', async t => {
  const { ask, routes } = await walk(t)
  const seen = routes
    .filter(({ url }) => open.includes(url) || url.startsWith('/docs/'))
    .filter(({ url }) => !url.includes('*'))
  assert.deepEqual(
    open.filter(url => !seen.some(route => route.url === url)),
    [],
  )
  for (const { method, url } of seen) {
    const answer = await ask({ method, url, as: null })
    assert.ok([200, 302].includes(answer.statusCode), `${method} ${url}: ${answer.statusCode}`)
  }
})

test('with a credential no route answers 401 or fails', async t => {
  const { ask, routes } = await walk(t)
  for (const { method, url } of routes.filter(route => !vkube.test(route.url))) {
    const answer = await ask({ method, url: fill(url), as: 'ann' })
    assert.ok(answer.statusCode !== 401 && answer.statusCode < 500, `${method} ${url}: ${answer.statusCode}`)
  }
})

test('what does not exist looks the same as what does, without a credential', async t => {
  const { ask } = await setUp(t)
  for (const [method, url] of [
    ['GET', '/api/v1/no-such'],
    ['GET', '/api/v1/clusters/no-such'],
    ['PUT', '/api/v1/clusters'],
    ['TRACE', '/wp-login.php'],
    ['GET', '/api/v1/%zz'],
  ] as const) {
    problemOf(await ask({ method, url, as: null }), 401, 'Unauthorized')
  }
})

test('a body is not looked at before the credential', async t => {
  const { ask } = await setUp(t)
  const answer = await ask({
    method: 'POST',
    url: '/api/v1/clusters',
    as: null,
    payload: '{',
    headers: { 'content-type': 'text/strange' },
  })
  problemOf(answer, 401, 'Unauthorized')
})

for (const [header, status] of [
  [`Bearer ${tokens.ann}`, 200],
  [`bearer  ${tokens.ann} `, 200],
  [`Bearer ${tokens.ann}x`, 401],
  [`Basic ${Buffer.from(`any:${tokens.ann}`).toString('base64')}`, 200],
  [`basic  ${Buffer.from(`:${tokens.ann}`).toString('base64')}`, 200],
  [`Basic ${Buffer.from(`${tokens.ann}:`).toString('base64')}`, 401],
  [`Basic ${Buffer.from(tokens.ann).toString('base64')}`, 401],
  ['Basic !', 401],
  [tokens.ann, 401],
  ['Bearer', 401],
  [`Bearer ${tokens.ann}, Bearer ${tokens.root}`, 401],
] as const) {
  test(`Authorization: ${header.replace(/kg_\w+-/g, '')} is answered ${status}`, async t => {
    const { ask } = await setUp(t)
    const answer = await ask({ url: '/api/v1/version', as: null, headers: { authorization: header } })
    assert.equal(answer.statusCode, status)
    if (status === 401)
      assert.deepEqual(answer.headers['www-authenticate'], [
        'Bearer realm="kindgate", error="invalid_token"',
        'Basic realm="kindgate", charset="UTF-8"',
      ])
  })
}

test('a token in the address is no credential', async t => {
  const { ask } = await setUp(t)
  problemOf(await ask({ url: `/api/v1/version?access_token=${tokens.root}`, as: null }), 401, 'Unauthorized')
})

test('a route without a policy stops the start, and is named', async () => {
  const server = createServer({ engine: createFakeEngine(), log: createLogger({ level: 'silent' }) })
  server.get('/forgotten', () => 'open to all')
  await assert.rejects(async () => server.ready(), /no access policy: GET \/forgotten, HEAD \/forgotten/)
  await server.close()
})

test('a route for admins refuses users', async t => {
  const { ask } = await setUp(t, {
    routes: server => {
      server.get('/admins', { config: { access: 'admin' }, schema: { hide: true } }, async () => 'secrets')
    },
  })
  assert.equal((await ask({ url: '/admins', as: 'root' })).body, 'secrets')
  problemOf(await ask({ url: '/admins', as: 'ann' }), 403, 'Forbidden')
  problemOf(await ask({ url: '/admins', as: null }), 401, 'Unauthorized')
})
