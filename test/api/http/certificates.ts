import type { CertificateSource } from '../../../src/api/http/tls/certificate.ts'
import { systemClock } from '../../../src/clock.ts'
import { createAuthority, issueServerCertificate } from '../../../src/drivers/kubernetes/pki.ts'

/** A new authority, and a certificate of it for loopback. */
export async function issueCertificate(): Promise<{ ca: string; cert: Buffer; key: Buffer }> {
  const authority = await createAuthority('kindgate tests', systemClock)
  const subject = { commonName: 'localhost', days: 1, names: ['127.0.0.1', 'localhost'] }
  const { cert, key } = await issueServerCertificate(authority, subject, systemClock)
  return { ca: authority.cert, cert: Buffer.from(cert), key: Buffer.from(key) }
}

/** One that stays as it is. */
export function fixed(current: { cert: Buffer; key: Buffer }): CertificateSource {
  return { current, follow: () => undefined }
}
