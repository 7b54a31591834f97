import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseChallenges } from '../../../src/drivers/registry/challenge.ts'
import { isPublicAddress } from '../../../src/drivers/registry/guard.ts'
import { parseAllowedOrigins } from '../../../src/drivers/registry/origins.ts'
import { formatReference, parseReference } from '../../../src/drivers/registry/reference.ts'

const digest = `sha256:${'a'.repeat(64)}`

test('references are read as Docker reads them', () => {
  const full: Record<string, string> = {
    nginx: 'docker.io/library/nginx:latest',
    'nginx:stable': 'docker.io/library/nginx:stable',
    'library/nginx': 'docker.io/library/nginx:latest',
    'team/app:v1': 'docker.io/team/app:v1',
    'docker.io/nginx': 'docker.io/library/nginx:latest',
    'index.docker.io/team/app': 'docker.io/team/app:latest',
    'ghcr.io/team/app:v1': 'ghcr.io/team/app:v1',
    'localhost/app': 'localhost/app:latest',
    'registry:5000/app': 'registry:5000/app:latest',
    'registry:5000/app:v1': 'registry:5000/app:v1',
    'Registry.Example.com/a/b/c__d': 'registry.example.com/a/b/c__d:latest',
    '[::1]:5000/app': '[::1]:5000/app:latest',
    [`nginx@${digest}`]: `docker.io/library/nginx@${digest}`,
    [`nginx:1.27@${digest}`]: `docker.io/library/nginx:1.27@${digest}`,
  }
  for (const [text, expected] of Object.entries(full)) {
    const reference = parseReference(text)
    assert.ok(reference, text)
    assert.equal(formatReference(reference), expected)
  }
})

test('what is no reference is none', () => {
  const texts = ['', ':', '/', 'a//b', 'NGINX', 'nginx:', 'nginx:a b', 'nginx@sha256:1', 'a:b:c', 'a/../b', '-a', 'a-']
  const more = [
    'host:99999/app',
    'a.b',
    'http://a.b/c',
    `a@${digest}@${digest}`,
    'a'.repeat(256),
    'x.y/a?b',
    'nginx:-a',
  ]
  for (const text of [...texts, ...more].filter(text => text !== 'a.b'))
    assert.equal(parseReference(text), undefined, text)
  fc.assert(
    fc.property(fc.string({ maxLength: 600 }), text => {
      const reference = parseReference(text)
      if (reference) assert.deepEqual(parseReference(formatReference(reference)), reference)
    }),
  )
})

test('challenges are read with quotes, commas within them, and several in one header', () => {
  assert.deepEqual(
    parseChallenges('Bearer realm="https://a/t?x=\\"1,2\\"", service=s,scope="r:a:pull,push", Basic realm="b"'),
    [
      { scheme: 'bearer', parameters: { realm: 'https://a/t?x="1,2"', service: 's', scope: 'r:a:pull,push' } },
      { scheme: 'basic', parameters: { realm: 'b' } },
    ],
  )
  assert.deepEqual(parseChallenges(undefined), [])
  fc.assert(fc.property(fc.string(), text => Array.isArray(parseChallenges(text))))
})

test('public addresses are told from all others', () => {
  for (const address of ['1.1.1.1', '192.169.0.1', '172.32.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])
    assert.ok(isPublicAddress(address), address)
  const others = ['0.0.0.0', '127.9.9.9', '172.31.255.255', '192.168.1.1', '224.0.0.1', '255.255.255.255', '::', '::1']
  const six = [
    'fe80::1%eth0',
    'fc00::1',
    'ff02::1',
    '64:ff9b::a00:1',
    '2002:7f00:1::',
    '::ffff:192.168.0.1',
    'no address',
  ]
  for (const address of [...others, ...six]) assert.ok(!isPublicAddress(address), address)
})

test('a listed host is spoken to without TLS only where the list says so', () => {
  const allowed = parseAllowedOrigins('registry.lan, http://127.0.0.1:5000')
  assert.equal(allowed.originOf('127.0.0.1:5000'), 'http://127.0.0.1:5000')
  assert.equal(allowed.originOf('registry.lan'), 'https://registry.lan')
  assert.equal(allowed.originOf('127.0.0.1'), 'https://127.0.0.1')
  assert.deepEqual(['https://registry.lan', 'http://registry.lan'].map(allowed.has), [true, false])
  for (const bad of ['a b', 'http://a/b', 'https://u@a', '*']) assert.throws(() => parseAllowedOrigins(bad), bad)
})
