import { createPrivateKey, generateKeyPair, type KeyObject, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
import type { Clock } from '../../clock.ts'

/** A certificate and its private key, PEM texts. */
export interface KeyedCertificate {
  cert: string
  /** As kubeadm writes and reads it: `EC PRIVATE KEY` (SEC 1); a read one may be RSA or PKCS#8 as well. */
  key: string
}

export interface CertificateSubject {
  commonName: string
  organization?: string
  days: number
}

export interface ServerSubject extends CertificateSubject {
  /** Host names and addresses. */
  names: string[]
}

const authorityYears = 10
/** Clocks of hosts and nodes differ a little. */
const backdateMs = 5 * 60_000
const dayMs = 24 * 60 * 60_000

/**
 * A new authority, ECDSA P-256, valid for ten years as kubeadm's own are, with the same constraints and key usages, for
 * `/etc/kubernetes/pki/ca.crt` and `ca.key`.
 */
export async function createAuthority(commonName: string, clock: Clock): Promise<KeyedCertificate> {
  const x509 = await loadX509()
  const subject = new x509.Name([{ CN: [{ utf8String: commonName }] }])
  const pair = await newKeyPair()
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: subject,
    ...validity(clock, authorityYears * 365),
    publicKey: spkiOf(pair.publicKey),
    signingKey: signingKey(pair.privateKey),
    extensions: [
      new x509.KeyUsagesExtension(keyUsages(x509) | x509.KeyUsageFlags.keyCertSign, true),
      new x509.BasicConstraintsExtension(true, undefined, true),
      await x509.SubjectKeyIdentifierExtension.create(spkiOf(pair.publicKey), false, webcrypto),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: commonName }]),
    ],
  })
  return { cert: certificate.toString('pem'), key: privateKeyPem(pair.privateKey) }
}

/**
 * A client certificate (ECDSA P-256) of the authority, be that ECDSA or RSA. To Kubernetes the common name is the user
 * and the organization its group.
 */
export function issueClientCertificate(
  authority: KeyedCertificate,
  subject: CertificateSubject,
  clock: Clock,
): Promise<KeyedCertificate> {
  return issue(authority, { ...subject, names: [] }, 'clientAuth', clock)
}

/** A server certificate (ECDSA P-256) of the authority. */
export function issueServerCertificate(
  authority: KeyedCertificate,
  subject: ServerSubject,
  clock: Clock,
): Promise<KeyedCertificate> {
  return issue(authority, subject, 'serverAuth', clock)
}

async function issue(
  authority: KeyedCertificate,
  subject: ServerSubject,
  usage: 'clientAuth' | 'serverAuth',
  clock: Clock,
): Promise<KeyedCertificate> {
  const x509 = await loadX509()
  const issuer = new x509.X509Certificate(authority.cert)
  const pair = await newKeyPair()
  const { organization } = subject
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: new x509.Name([
      ...(organization === undefined ? [] : [{ O: [{ utf8String: organization }] }]),
      { CN: [{ utf8String: subject.commonName }] },
    ]),
    issuer: issuer.subjectName,
    ...validity(clock, subject.days, issuer.notAfter),
    publicKey: spkiOf(pair.publicKey),
    signingKey: signingKey(createPrivateKey(authority.key)),
    extensions: [
      new x509.KeyUsagesExtension(keyUsages(x509), true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[usage]]),
      new x509.BasicConstraintsExtension(false, undefined, true),
      ...authorityKeyIdentifier(x509, issuer),
      ...alternativeNames(x509, subject.names),
    ],
  })
  return { cert: certificate.toString('pem'), key: privateKeyPem(pair.privateKey) }
}

type X509 = Awaited<ReturnType<typeof loadX509>>

/** Loaded when first needed: it takes a quarter of a second. It wants `reflect-metadata` to be there before it. */
async function loadX509() {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

function newKeyPair() {
  return promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
}

function privateKeyPem(key: KeyObject): string {
  return key.export({ type: 'sec1', format: 'pem' }).toString()
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' })
}

function signingKey(key: KeyObject) {
  const curve = key.asymmetricKeyDetails?.namedCurve
  if (key.asymmetricKeyType === 'rsa') {
    return key.toCryptoKey({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['sign'])
  }
  const namedCurve = curve === undefined ? undefined : curves[curve]
  if (namedCurve === undefined) throw new Error('the key of the authority is neither RSA nor ECDSA on P-256 or P-384')
  return key.toCryptoKey({ name: 'ECDSA', namedCurve }, false, ['sign'])
}

const curves: Record<string, string> = { prime256v1: 'P-256', secp384r1: 'P-384' }

function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40 // positive, and never shortened
  return Buffer.from(bytes).toString('hex')
}

function validity(clock: Clock, days: number, latest?: Date): { notBefore: Date; notAfter: Date } {
  const now = clock.now()
  const notAfter = Math.min(now + days * dayMs, latest?.getTime() ?? Number.POSITIVE_INFINITY)
  return { notBefore: new Date(now - backdateMs), notAfter: new Date(notAfter) }
}

function keyUsages(x509: X509): number {
  return x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment
}

/** The issuer's own identifier as it stands, since there is more than one way to compute one. */
function authorityKeyIdentifier(x509: X509, issuer: InstanceType<X509['X509Certificate']>) {
  const extension = issuer.getExtension(x509.SubjectKeyIdentifierExtension)
  return extension ? [new x509.AuthorityKeyIdentifierExtension(extension.keyId)] : []
}

function alternativeNames(x509: X509, names: string[]) {
  if (names.length === 0) return []
  const typed = names.map(value => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value }))
  return [new x509.SubjectAlternativeNameExtension(typed)]
}
