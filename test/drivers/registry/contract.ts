import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '../../../src/clock.ts'
import { createRegistryClient } from '../../../src/drivers/registry/client.ts'
import { parseAllowedOrigins } from '../../../src/drivers/registry/origins.ts'
import type { ImageReference, RegistryCredentials, RegistryErrorCode } from '../../../src/drivers/registry.ts'
import { RegistryError } from '../../../src/drivers/registry.ts'

/** A registry to ask, on a port of this machine and without TLS. */
export interface RegistryUnderTest extends AsyncDisposable {
  /** `127.0.0.1:40123`. */
  host: string
  /** Those that may read; null when all may. */
  credentials: RegistryCredentials | null
  /** Puts a manifest under a tag. */
  push(repository: string, tag: string, manifest: string): Promise<void>
}

export const manifestType = 'application/vnd.oci.image.index.v1+json'

export async function rejectsWith(code: RegistryErrorCode, work: Promise<unknown>): Promise<RegistryError> {
  const error = await work.then(
    () => assert.fail(`expected ${code}`),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof RegistryError, String(error))
  assert.equal(error.code, code, error.message)
  return error
}

/** What the client promises, held against a registry. */
export function registryContract(name: string, start: () => Promise<RegistryUnderTest>): void {
  describe(`the registry client on ${name}`, () => {
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType: manifestType, manifests: [] })
    const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`
    const pushed = Array.from({ length: 130 }, (_, index) => `v${String(index).padStart(3, '0')}`)
    let registry: RegistryUnderTest

    before(async () => {
      registry = await start()
      for (const tag of pushed) await registry.push('team/app', tag, manifest)
    })
    after(() => registry[Symbol.asyncDispose]())

    const client = (allowed = `http://${registry.host}`) =>
      createRegistryClient({ clock: systemClock, allowed: parseAllowedOrigins(allowed) })
    const options = () => (registry.credentials ? { credentials: registry.credentials } : {})
    const reference = (members: Partial<ImageReference> = {}): ImageReference => ({
      host: registry.host,
      repository: 'team/app',
      tag: 'v001',
      digest: null,
      ...members,
    })

    test('finds a manifest by tag and by digest', async () => {
      const found = { digest, mediaType: manifestType }
      assert.deepEqual(await client().manifest(reference(), options()), found)
      assert.deepEqual(await client().manifest(reference({ tag: null, digest }), options()), found)
    })

    test('finds none of another tag, digest or repository', async () => {
      const other = `sha256:${'0'.repeat(64)}`
      assert.equal(await client().manifest(reference({ tag: 'v999' }), options()), undefined)
      assert.equal(await client().manifest(reference({ tag: null, digest: other }), options()), undefined)
      assert.equal(await client().manifest(reference({ repository: 'team/other' }), options()), undefined)
    })

    test('lists tags over all pages, none of another repository', async () => {
      assert.deepEqual((await client().tags(reference(), options()))?.toSorted(), pushed)
      assert.equal(await client().tags(reference({ repository: 'team/other' }), options()), undefined)
    })

    test('says that it is denied without the right credentials, and names none', async t => {
      if (registry.credentials === null) return t.diagnostic('everybody may read here')
      const wrong = { ...registry.credentials, password: 'wrong-password' }
      await rejectsWith('Denied', client().manifest(reference()))
      const error = await rejectsWith('Denied', client().manifest(reference(), { credentials: wrong }))
      assert.doesNotMatch(String(error.stack), /wrong-password/)
    })

    test('does not ask a host at a private address that nobody allowed', async () => {
      await rejectsWith('HostNotAllowed', client('').manifest(reference(), options()))
      await rejectsWith('HostNotAllowed', client('127.0.0.1:1').tags(reference(), options()))
    })
  })
}
