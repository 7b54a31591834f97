import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRegistryCredentials } from '../../../src/drivers/registry/credentials.ts'

const ann = { username: 'ann', password: 'right horse' }

test('credentials count for the host as references name it', () => {
  const setting = { 'hub.docker.com': ann, 'Registry.example.com:5000': { ...ann, username: 'bob' } }
  const credentials = parseRegistryCredentials(JSON.stringify(setting))
  assert.deepEqual(
    [...credentials].map(([host, { username }]) => `${host} ${username}`),
    ['docker.io ann', 'registry.example.com:5000 bob'],
  )
  assert.equal(parseRegistryCredentials('').size, 0)
})

test('what is malformed is refused without showing it', () => {
  const settings = [
    '{"a.example": {"username": "ann", "password": "right horse"',
    '["right horse"]',
    'null',
    JSON.stringify({ 'a.example': 'ann:right horse' }),
    JSON.stringify({ 'a.example': { ...ann, token: 'x' } }),
    JSON.stringify({ 'a.example/path': ann }),
    JSON.stringify({ example: ann }),
    JSON.stringify({ '': ann }),
  ]
  for (const setting of settings)
    assert.throws(
      () => parseRegistryCredentials(setting),
      ({ message }: Error) => /^(is not|names) /.test(message) && !message.includes('horse'),
      setting,
    )
})
