import { createCipheriv, createECDH, createHash, createHmac, randomBytes } from 'node:crypto'

/** A service account's public key, as it is in `cli.json`. */
export interface PublicJwk {
  crv: string
  kty: string
  x: string
  y: string
}

/**
 * A compact JWE (RFC 7516) with ECDH-ES (RFC 7518, section 4.6) and A256CBC-HS512 (section 5.2), made with nothing but
 * node:crypto: independent of the library by which the gateway reads it. `spaced` writes the header as libwebsockets does,
 * with spaces and a newline in it.
 */
export function encryptCompact(text: string, { x, y }: PublicJwk, { spaced = false } = {}): string {
  const bytes = 66
  const coordinate = (value: string) => {
    const raw = Buffer.from(value, 'base64url')
    return Buffer.concat([Buffer.alloc(bytes - raw.length), raw])
  }
  const ephemeral = createECDH('secp521r1')
  const point = ephemeral.generateKeys()
  const shared = ephemeral.computeSecret(Buffer.concat([Buffer.from([4]), coordinate(x), coordinate(y)]))
  const secret = Buffer.concat([Buffer.alloc(bytes - shared.length), shared])

  const epk = {
    crv: 'P-521',
    kty: 'EC',
    x: point.subarray(1, 1 + bytes).toString('base64url'),
    y: point.subarray(1 + bytes).toString('base64url'),
  }
  const header = spaced
    ? `{"alg":"ECDH-ES", "enc":"A256CBC-HS512", "epk":${JSON.stringify(epk)}\n}`
    : JSON.stringify({ alg: 'ECDH-ES', enc: 'A256CBC-HS512', epk })
  const protectedHeader = Buffer.from(header).toString('base64url')

  const key = concatKdf(secret, 'A256CBC-HS512', 512)
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-cbc', key.subarray(32), iv)
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  const aad = Buffer.from(protectedHeader, 'ascii')
  const bits = Buffer.alloc(8)
  bits.writeBigUInt64BE(BigInt(aad.length * 8))
  const mac = createHmac('sha512', key.subarray(0, 32)).update(aad).update(iv).update(ciphertext).update(bits).digest()
  const parts = [iv, ciphertext, mac.subarray(0, 32)].map(part => part.toString('base64url'))
  return [protectedHeader, '', ...parts].join('.')
}

/** NIST SP 800-56A, section 5.8.1, with SHA-256; no party has information of its own. */
function concatKdf(secret: Buffer, algorithm: string, bits: number): Buffer {
  const word = (value: number) => {
    const buffer = Buffer.alloc(4)
    buffer.writeUInt32BE(value)
    return buffer
  }
  const info = [word(algorithm.length), Buffer.from(algorithm), word(0), word(0), word(bits)]
  const rounds = Array.from({ length: Math.ceil(bits / 256) }, (_, round) =>
    createHash('sha256')
      .update(Buffer.concat([word(round + 1), secret, ...info]))
      .digest(),
  )
  return Buffer.concat(rounds).subarray(0, bits / 8)
}
