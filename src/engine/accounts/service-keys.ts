import { timingSafeEqual } from 'node:crypto'
import { type CryptoKey, compactDecrypt, errors, exportJWK, generateKeyPair, importJWK } from 'jose'
import { GatewayError } from '../../errors.ts'
import { type Keyring, SealError } from '../secrets/keyring.ts'
import type { Identity } from './identity.ts'
import { hashOf } from './tokens.ts'

/** A service account's public key, as QBO's `cli.json` has it (QBO AsyncAPI, `cli.conf.qbo_uid`). */
export interface PublicKey {
  crv: 'P-521'
  kty: 'EC'
  x: string
  y: string
}

/** What is sealed of a service account. `d` is the private scalar. */
export interface ServiceKey extends PublicKey {
  d: string
  aux: string
}

/** A new P-521 key for ECDH-ES. */
export async function newServiceKey(aux: string): Promise<ServiceKey> {
  const { privateKey } = await generateKeyPair('ECDH-ES', { crv: 'P-521', extractable: true })
  const { x, y, d } = await exportJWK(privateKey)
  if (x === undefined || y === undefined || d === undefined) throw new Error('an EC key has x, y and d')
  return { crv: 'P-521', kty: 'EC', x, y, d, aux }
}

export function sealServiceKey(keyring: Keyring, id: string, key: ServiceKey): Promise<string> {
  return keyring.seal(JSON.stringify(key), serviceKeyContext(id))
}

/** Rejects with GatewayError `Unavailable` when it was sealed with a key that is not there any more. */
export async function openServiceKey(keyring: Keyring, id: string, sealed: string): Promise<ServiceKey> {
  const text = await keyring.open(sealed, serviceKeyContext(id)).catch(error => {
    if (!(error instanceof SealError)) throw error
    throw new GatewayError('Unavailable', `the service account cannot be used: ${error.message}`, {
      extra: { setting: 'SECRET_KEY' },
      cause: error,
    })
  })
  const key: ServiceKey = JSON.parse(text)
  return key
}

/** What a service account's key is sealed for. */
export function serviceKeyContext(id: string): string {
  return `service-account/${id}`
}

/** Whether JWEs were made for a service account's key. */
export interface Proofs {
  /**
   * Whether the compact JWE (RFC 7516; `ECDH-ES`, `A256CBC-HS512`) was encrypted for the account's key and holds its
   * aux. One that was found to be is known again without being decrypted, as long as the identity lasts.
   */
  hold(identity: Identity, compact: string, aux: string): Promise<boolean>
}

/** The most JWEs that are known again of an account: a client makes one, or one for each connection. */
const mostKnown = 64

/** `keyOf` gives the account's key; undefined when it is gone. */
export function createProofs(keyOf: (id: string) => Promise<ServiceKey | undefined>): Proofs {
  const keys = new WeakMap<Identity, Promise<CryptoKey | undefined>>()
  const known = new WeakMap<Identity, Set<string>>()

  function keyFor(identity: Identity): Promise<CryptoKey | undefined> {
    const kept = keys.get(identity)
    if (kept) return kept
    const read = readKey(identity.credential.id)
    keys.set(identity, read)
    read.catch(() => keys.delete(identity))
    return read
  }

  async function readKey(id: string): Promise<CryptoKey | undefined> {
    const key = await keyOf(id)
    if (!key) return undefined
    const imported = await importJWK(key, 'ECDH-ES')
    return imported instanceof Uint8Array ? undefined : imported
  }

  return {
    async hold(identity, compact, aux) {
      const digest = hashOf(compact).toString('hex')
      const proven = known.get(identity) ?? new Set<string>()
      known.set(identity, proven)
      if (proven.has(digest)) return true
      const key = await keyFor(identity)
      const plain = key && (await decrypt(compact, key))
      if (!plain || !timingSafeEqual(hashOf(plain), hashOf(aux))) return false
      const [oldest] = proven
      if (proven.size >= mostKnown && oldest !== undefined) proven.delete(oldest)
      proven.add(digest)
      return true
    },
  }
}

async function decrypt(compact: string, key: CryptoKey): Promise<string | undefined> {
  try {
    const { plaintext } = await compactDecrypt(compact, key, {
      keyManagementAlgorithms: ['ECDH-ES'],
      contentEncryptionAlgorithms: ['A256CBC-HS512'],
    })
    return new TextDecoder().decode(plaintext)
  } catch (error) {
    // Whatever a caller sends: a key that is no point of the curve makes WebCrypto throw a DOMException.
    if (error instanceof errors.JOSEError || error instanceof DOMException || error instanceof TypeError)
      return undefined
    throw error
  }
}
