import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ImageReference, type RegistryCredentials, RegistryError } from '../../../src/drivers/registry.ts'
import { createImageCheck } from '../../../src/engine/images/check.ts'
import { createFakeClock } from '../../support/clock.ts'
import { silent } from '../../support/log.ts'
import { refuses } from '../orders/refuses.ts'

function checkOf(answer: (reference: ImageReference, credentials?: RegistryCredentials) => Promise<boolean>) {
  const clock = createFakeClock()
  const asked: string[] = []
  const check = createImageCheck({
    clock,
    log: silent,
    registry: {
      async manifest(reference, { credentials } = {}) {
        asked.push(`${reference.host}/${reference.repository}:${reference.tag} ${credentials?.username ?? ''}`.trim())
        const found = await answer(reference, credentials)
        return found ? { digest: 'sha256:1', mediaType: '' } : undefined
      },
      tags: async () => undefined,
    },
  })
  return { check, clock, asked }
}

test('an answer serves for a minute, for the same image and credentials', async () => {
  const { check, clock, asked } = checkOf(async ({ tag }) => tag === 'stable')
  assert.equal(await check.exists('nginx:stable', undefined), true)
  assert.equal(await check.exists('docker.io/library/nginx:stable', undefined), true)
  assert.equal(await check.exists('nginx:none', undefined), false)
  assert.equal(await check.exists('nginx:none', undefined), false)
  await check.exists('nginx:stable', { username: 'ann', password: '1' })
  assert.deepEqual(asked, [
    'docker.io/library/nginx:stable',
    'docker.io/library/nginx:none',
    'docker.io/library/nginx:stable ann',
  ])
  await clock.advance(60_000)
  await check.exists('nginx:stable', undefined)
  assert.equal(asked.length, 4)
})

test('a registry that does not answer is asked again the next time', async () => {
  const { check, asked } = checkOf(async () =>
    Promise.reject(new RegistryError('RegistryUnavailable', 'no answer: ECONNREFUSED 10.1.2.3')),
  )
  for (let tries = 0; tries < 2; tries++) {
    const error = await refuses('BadGateway', check.exists('a.example/b:1', undefined))
    assert.equal(error.message, 'the registry a.example does not answer')
  }
  assert.equal(asked.length, 2)
})

test('what is denied or at a private address does not exist for who asks', async () => {
  for (const code of ['Denied', 'HostNotAllowed'] as const) {
    const { check } = checkOf(async () => Promise.reject(new RegistryError(code, 'no')))
    assert.equal(await check.exists('a.example/b:1', undefined), false)
  }
  await refuses('InvalidRequest', checkOf(async () => true).check.exists('A:B:C', undefined))
})
