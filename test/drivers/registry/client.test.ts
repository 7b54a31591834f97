import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../../src/clock.ts'
import { createRegistryClient, type RegistryClientOptions } from '../../../src/drivers/registry/client.ts'
import { parseAllowedOrigins } from '../../../src/drivers/registry/origins.ts'
import type { ImageReference } from '../../../src/drivers/registry.ts'
import { createFakeClock } from '../../support/clock.ts'
import { rejectsWith } from './contract.ts'
import { type FakeRegistry, type FakeRegistryOptions, startFakeRegistry } from './fake-registry.ts'

const credentials = { username: 'kgtest', password: 'right horse' }

async function fake(t: TestContext, options?: FakeRegistryOptions): Promise<FakeRegistry> {
  const registry = await startFakeRegistry(options)
  t.after(() => registry[Symbol.asyncDispose]())
  return registry
}

const client = (hosts: string[], options: Partial<RegistryClientOptions> = {}) =>
  createRegistryClient({
    clock: systemClock,
    allowed: parseAllowedOrigins(hosts.map(host => `http://${host}`).join(',')),
    ...options,
  })
const app = (host: string): ImageReference => ({ host, repository: 'app', tag: 'v1', digest: null })

test('asks again by GET where HEAD is not served or names no digest, and computes it', async t => {
  for (const status of [405, 200]) {
    const registry = await fake(t, {
      intercept: (request, response) => {
        if (request.method === 'HEAD') response.writeHead(status).end()
        else response.writeHead(200, { 'content-type': 'a/b; charset=utf-8' }).end('{}')
        return true
      },
    })
    assert.deepEqual(await client([registry.host]).manifest(app(registry.host)), {
      digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
      mediaType: 'a/b',
    })
  }
})

test('an answer that is late, ends early, is too large or no answer at all is unavailable', async t => {
  const answers: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
    'cut off': (_, response) =>
      void response.writeHead(200, { 'content-length': '10' }).write('{', () => response.destroy()),
    'too large': (_, response) => void response.writeHead(200).end(Buffer.alloc(1024 * 1024 + 1)),
    'not JSON': (_, response) => void response.writeHead(200).end('<html>'),
    'its own fault': (_, response) => void response.writeHead(503).end(),
    'too many requests': (_, response) => void response.writeHead(429).end(),
    'a redirect in a circle': (request, response) =>
      void response.writeHead(307, { location: request.url ?? '' }).end(),
    'a realm that is no address': (_, response) =>
      void response.writeHead(401, { 'www-authenticate': 'Bearer realm="/token"' }).end(),
  }
  for (const [what, answer] of Object.entries(answers)) {
    await t.test(what, async t => {
      const registry = await fake(t, {
        intercept: (request, response) => {
          answer(request, response)
          return true
        },
      })
      await rejectsWith('RegistryUnavailable', client([registry.host]).tags(app(registry.host)))
    })
  }
  await t.test('nothing listens', async () => {
    await rejectsWith('RegistryUnavailable', client(['127.0.0.1:9']).manifest(app('127.0.0.1:9')))
  })
})

test('the time limit is over all that a call does, and its caller can end it earlier', async t => {
  const clock = createFakeClock()
  const arrived = Promise.withResolvers<void>()
  const registry = await fake(t, {
    intercept: () => {
      arrived.resolve()
      return true
    },
  })
  const asking = client([registry.host], { clock }).manifest(app(registry.host))
  await arrived.promise
  await Promise.all([rejectsWith('RegistryUnavailable', asking), clock.advance(5000)])
  assert.equal(clock.sleepers, 0)

  const end = new AbortController()
  const other = client([registry.host], { clock }).manifest(app(registry.host), { signal: end.signal })
  end.abort(new Error('no longer wanted'))
  await assert.rejects(other, /no longer wanted/)
})

test('a name is refused when it resolves to private addresses, at every connection anew', async () => {
  const resolved: string[] = []
  const answers = ['10.0.0.1', '::1', '169.254.169.254', '::ffff:127.0.0.1', 'fd00::1', '100.64.0.1']
  for (const address of answers) {
    const resolve = async (name: string) => {
      resolved.push(name)
      return [{ address, family: address.includes(':') ? 6 : 4 }]
    }
    const error = await rejectsWith('HostNotAllowed', client([], { resolve }).manifest(app('registry.example.com')))
    assert.match(error.message, /REGISTRY_HOSTS_ALLOWED/)
  }
  assert.equal(resolved.length, answers.length)
  for (const host of ['127.0.0.1', '[::1]:5000', '2130706433', '0x7f.1', '169.254.169.254', 'localhost'])
    await rejectsWith('HostNotAllowed', client([]).manifest(app(host)))
})

test('a redirect and a token service are held to the same rule', async t => {
  const inner = await fake(t)
  const registry = await fake(t, {
    intercept: (request, response) => {
      if (request.url?.includes('/manifests/')) response.writeHead(307, { location: `http://${inner.host}/` }).end()
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${inner.host}/token"` }).end()
      return true
    },
  })
  await rejectsWith('HostNotAllowed', client([registry.host]).manifest(app(registry.host)))
  await rejectsWith('HostNotAllowed', client([registry.host]).tags(app(registry.host)))
  assert.deepEqual(inner.asked, [])
})

test('credentials are not sent to where a registry redirects', async t => {
  const other = await fake(t, { auth: 'basic' })
  await other.push('app', 'v1', '{}')
  const registry = await fake(t, {
    intercept: (request, response) => {
      if (request.headers.authorization === undefined)
        response.writeHead(401, { 'www-authenticate': 'Basic realm="here"' }).end()
      else response.writeHead(307, { location: `http://${other.host}/v2/app/manifests/v1` }).end()
      return true
    },
  })
  await rejectsWith('Denied', client([registry.host, other.host]).manifest(app(registry.host), { credentials }))
  assert.deepEqual(other.asked, ['HEAD /v2/app/manifests/v1'])
})

test('a token is asked for with the scope of the challenge, by nobody in particular', async t => {
  const registry = await fake(t, {
    intercept: (request, response) => {
      if (request.url?.startsWith('/token')) response.end('{"access_token":"t"}')
      else if (request.headers.authorization === 'Bearer t') response.writeHead(404).end()
      else {
        const realm = `http://${request.headers.host}/token?a=1`
        response.writeHead(401, {
          'www-authenticate': `Bearer realm="${realm}",service="s",scope="repository:app:pull"`,
        })
        response.end()
      }
      return true
    },
  })
  assert.equal(await client([registry.host]).manifest(app(registry.host)), undefined)
  assert.deepEqual(registry.asked, [
    'HEAD /v2/app/manifests/v1',
    'GET /token?a=1&service=s&scope=repository%3Aapp%3Apull',
    'HEAD /v2/app/manifests/v1 Bearer t',
  ])
})
