import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAllowList, requireAllowed } from '../../../src/engine/images/allow.ts'
import { GatewayError } from '../../../src/errors.ts'

const defaults = parseAllowList('kindest/node:*')
const digest = `sha256:${'a1'.repeat(32)}`

test('prefixes that mean Docker Hub mean the same image', () => {
  for (const prefix of ['', 'docker.io/', 'hub.docker.com/', 'index.docker.io/', 'https://hub.docker.com/r/'])
    assert.equal(requireAllowed(`${prefix}kindest/node:v1.34.4`, defaults), 'kindest/node:v1.34.4')
})

test('a tag with a digest is allowed as its tag is', () => {
  assert.equal(requireAllowed(`kindest/node:v1.34.4@${digest}`, defaults), `kindest/node:v1.34.4@${digest}`)
})

test('what no pattern allows is refused by naming the setting', () => {
  const refused = [
    'alpine',
    'kindest/node',
    'kindest/nodes:v1',
    `kindest/node@${digest}`,
    'evil.example/kindest/node:v1',
    'localhost:5000/kindest/node:v1',
    'docker.io/evil/kindest/node:v1',
    'kindestxnode:v1',
  ]
  for (const reference of refused)
    assert.throws(
      () => requireAllowed(reference, defaults),
      (error: unknown) =>
        error instanceof GatewayError && error.code === 'ImageNotAllowed' && error.extra.setting === 'NODE_IMAGES',
      reference,
    )
})

test('what is no image reference is refused as malformed, also when a pattern would match it', () => {
  for (const reference of [
    '',
    'kindest/node:',
    'kindest/node:a b',
    'kindest/node:v1\nx',
    'kindest/node:v1/../../etc',
    'kindest/node:v1;id',
  ])
    assert.throws(
      () => requireAllowed(reference, parseAllowList('*')),
      (error: unknown) => error instanceof GatewayError && error.code === 'InvalidRequest',
      JSON.stringify(reference),
    )
})

test('a list of patterns allows what any of them does; other characters than * stand for themselves', () => {
  const list = parseAllowList(' registry.example/mirror/node:v1.*, kindest/node:v1.34.4 ,')
  assert.equal(requireAllowed('registry.example/mirror/node:v1.30.0', list), 'registry.example/mirror/node:v1.30.0')
  assert.equal(requireAllowed('kindest/node:v1.34.4', list), 'kindest/node:v1.34.4')
  assert.throws(() => requireAllowed('kindest/node:v1x34.4', list))
})
