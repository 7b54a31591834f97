import { createHash } from 'node:crypto'
import { base58 } from '@scure/base'

/** 32 bytes, given as hexadecimal digits, in base58, the alphabet of V-Kube's secrets. */
export function formatSecret(hex: string): string {
  return base58.encode(Buffer.from(hex, 'hex'))
}

/** Of 256 random bits a plain hash is enough to keep them secret. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
