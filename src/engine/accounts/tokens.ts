import { hash, randomBytes } from 'node:crypto'

/** 256 random bits: long enough that a plain hash of it keeps it secret. */
export function newToken(): string {
  return `kg_${randomBytes(32).toString('base64url')}`
}

/** What is stored of a secret of at least 122 random bits, such as a token or a UUID. */
export function hashOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}
