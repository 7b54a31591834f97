import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { CompactEncrypt, compactDecrypt, errors } from 'jose'
import { writePrivately } from '../../private-file.ts'

/**
 * Keeps secrets at rest: what must be had back in clear (kubeconfigs, private keys, a config's secrets) is stored as a
 * compact JWE (RFC 7516; `dir`, `A256GCM`) whose `kid` names the key, so that keys can be rotated.
 */
export interface Keyring {
  /**
   * The text, encrypted with the newest key. `context` says what it belongs to, such as `kubeconfig/<cluster id>`: it is
   * authenticated with it, and only opens again under the same context.
   */
  seal(text: string, context: string): Promise<string>
  /** The text of what `seal` made. Rejects with SealError. */
  open(sealed: string, context: string): Promise<string>
  /** Whether the newest key sealed it; else it is to be sealed anew. */
  isCurrent(sealed: string): boolean
}

/** A sealed text cannot be opened. The message says why and holds nothing of it. */
export class SealError extends Error {
  override readonly name = 'SealError'
}

interface Key {
  id: string
  bytes: Uint8Array
}

/**
 * A keyring of 256-bit keys in base64url or base64, the newest first; older ones only open. Throws where a key is not 32
 * bytes long.
 */
export function createKeyring(keys: readonly string[]): Keyring {
  const known = keys.map(readKey)
  const [newest] = known
  if (!newest) throw new Error('a keyring needs a key')
  return {
    seal: (text, context) =>
      new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: newest.id, ctx: context })
        .encrypt(newest.bytes),
    async open(sealed, context) {
      try {
        const { plaintext, protectedHeader } = await compactDecrypt(
          sealed,
          ({ kid }) => {
            const key = known.find(each => each.id === kid)
            if (!key) throw new SealError('it was sealed with a key that is not listed')
            return key.bytes
          },
          { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] },
        )
        if (protectedHeader.ctx !== context) throw new SealError('it was sealed for something else')
        return new TextDecoder().decode(plaintext)
      } catch (error) {
        if (error instanceof SealError) throw error
        if (error instanceof errors.JOSEError) throw new SealError(`it cannot be opened: ${error.code}`)
        throw error
      }
    },
    isCurrent: sealed => keyIdOf(sealed) === newest.id,
  }
}

/**
 * The keyring of the setting SECRET_KEY (comma-separated, the newest first), or, where that is empty, of
 * `<dataDir>/secret.key`, which only its owner can read and which is made when it is missing.
 */
export async function loadKeyring(options: { dataDir: string; secretKey: string }): Promise<Keyring> {
  const given = options.secretKey
    .split(',')
    .map(key => key.trim())
    .filter(key => key !== '')
  if (given.length > 0) return createKeyring(given)
  const file = path.join(options.dataDir, 'secret.key')
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 })
  const kept = await readFile(file, 'utf8').catch(error => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  const keys = kept?.split('\n').filter(line => line.trim() !== '') ?? []
  if (keys.length > 0) return createKeyring(keys)
  const key = randomBytes(32).toString('base64url')
  await writePrivately(file, `${key}\n`)
  return createKeyring([key])
}

function readKey(text: string): Key {
  const bytes = Buffer.from(text.trim(), 'base64url')
  if (bytes.length !== 32)
    throw new Error('a key of SECRET_KEY is not 32 bytes in base64; `openssl rand -base64 32` makes one')
  return { id: createHash('sha256').update(bytes).digest('base64url').slice(0, 12), bytes: new Uint8Array(bytes) }
}

function keyIdOf(sealed: string): unknown {
  try {
    const header: unknown = JSON.parse(Buffer.from(sealed.split('.')[0] ?? '', 'base64url').toString('utf8'))
    return typeof header === 'object' && header !== null && 'kid' in header ? header.kid : undefined
  } catch {
    return undefined
  }
}
