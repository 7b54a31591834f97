import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { createKeyring, loadKeyring } from '../../../src/engine/secrets/keyring.ts'

const key = () => randomBytes(32).toString('base64')

test('What is sealed opens again, under its own context alone', async () => {
  const ring = createKeyring([key()])
  const sealed = await ring.seal('a kubeconfig', 'kubeconfig/1')
  assert.equal(sealed.includes('kubeconfig/1'), false)
  assert.equal(await ring.open(sealed, 'kubeconfig/1'), 'a kubeconfig')
  await assert.rejects(ring.open(sealed, 'kubeconfig/2'), { name: 'SealError', message: /for something else/ })
})

test('A text sealed twice reads differently each time', async () => {
  const ring = createKeyring([key()])
  assert.notEqual(await ring.seal('same', 'c'), await ring.seal('same', 'c'))
})

test('After a rotation old texts open, and are known to be old', async () => {
  const [old, fresh] = [key(), key()]
  const sealed = await createKeyring([old]).seal('text', 'c')
  const rotated = createKeyring([fresh, old])
  assert.equal(await rotated.open(sealed, 'c'), 'text')
  assert.equal(rotated.isCurrent(sealed), false)
  assert.equal(rotated.isCurrent(await rotated.seal('text', 'c')), true)
  await assert.rejects(createKeyring([fresh]).open(sealed, 'c'), { name: 'SealError', message: /not listed/ })
})

test('A text that was tampered with, or is none, does not open', async () => {
  const ring = createKeyring([key()])
  const sealed = await ring.seal('text', 'c')
  const parts = sealed.split('.')
  const other = parts.with(3, Buffer.from('tampered').toString('base64url')).join('.')
  for (const broken of [other, 'no', '', sealed.slice(0, -8)]) {
    await assert.rejects(ring.open(broken, 'c'), { name: 'SealError' })
  }
})

test('A key that is too short is refused without being shown', () => {
  assert.throws(() => createKeyring(['c2hvcnQ=']), /not 32 bytes in base64/)
})

test('The key file is made once, private, and used from then on', async t => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'kgtest-keyring-'))
  t.after(() => rm(dataDir, { recursive: true }))
  const first = await loadKeyring({ dataDir, secretKey: '' })
  const sealed = await first.seal('text', 'c')
  assert.equal((await stat(path.join(dataDir, 'secret.key'))).mode & 0o777, 0o600)
  assert.equal(await (await loadKeyring({ dataDir, secretKey: '' })).open(sealed, 'c'), 'text')
  await assert.rejects((await loadKeyring({ dataDir, secretKey: key() })).open(sealed, 'c'), { name: 'SealError' })
})
