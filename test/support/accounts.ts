import { CompactEncrypt, importJWK } from 'jose'
import type { CliDocument } from '../../src/engine/users/schema.ts'

/** Where the tests' clients reach the gateway. */
export const address = { host: 'gateway.example.com', port: 443 }

/** A JWE as a QBO client makes it of its `cli.json`. */
export async function compactOf(
  { qbo_uid, qbo_aux }: CliDocument,
  { text = qbo_aux, enc = 'A256CBC-HS512' }: { text?: string; enc?: string } = {},
): Promise<string> {
  const key = await importJWK(qbo_uid, 'ECDH-ES')
  return new CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader({ alg: 'ECDH-ES', enc }).encrypt(key)
}
