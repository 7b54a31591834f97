import 'reflect-metadata'
import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto'
import { describe, it } from 'node:test'
import * as x509 from '@peculiar/x509'
import { systemClock } from '../../../src/clock.ts'
import {
  createAuthority,
  issueClientCertificate,
  issueServerCertificate,
  type KeyedCertificate,
} from '../../../src/drivers/kubernetes/pki.ts'
import { createTransport } from '../../../src/drivers/kubernetes/transport.ts'
import { listenHttps } from './support/https-server.ts'

const day = 24 * 60 * 60_000
const standing = { now: () => Date.UTC(2026, 10, 21, 12), sleep: systemClock.sleep }

/** An authority as `kubeadm init` makes it: RSA, its key in PKCS#1, a key identifier that is not SHA-1. */
async function createRsaAuthority(): Promise<KeyedCertificate> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: [{ O: ['Org, with comma'] }, { CN: ['kubernetes'] }],
      issuer: [{ O: ['Org, with comma'] }, { CN: ['kubernetes'] }],
      publicKey: publicKey.export({ type: 'spki', format: 'der' }),
      signingKey: privateKey.toCryptoKey({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['sign']),
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.SubjectKeyIdentifierExtension('0102030405060708090a0b0c0d0e0f1011121314'),
      ],
    },
    webcrypto,
  )
  return { cert: certificate.toString('pem'), key: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString() }
}

describe('createAuthority', () => {
  it('makes an authority with the constraints and usages of kubeadm’s own', async () => {
    const { cert, key } = await createAuthority('kubernetes', standing)
    const parsed = new x509.X509Certificate(cert)
    const node = new X509Certificate(cert)

    assert.equal(parsed.subject, 'CN=kubernetes')
    assert.equal(node.ca, true)
    assert.ok(node.checkPrivateKey(createPrivateKey(key)))
    assert.ok(node.verify(node.publicKey))
    assert.match(key, /^-----BEGIN EC PRIVATE KEY-----/)
    const { digitalSignature, keyEncipherment, keyCertSign } = x509.KeyUsageFlags
    const usages = parsed.getExtension(x509.KeyUsagesExtension)
    assert.equal(usages?.usages, digitalSignature | keyEncipherment | keyCertSign)
    assert.equal(usages?.critical, true)
    assert.equal(parsed.getExtension(x509.BasicConstraintsExtension)?.critical, true)
  })

  it('is valid from a little before now for ten years', async () => {
    const { cert } = await createAuthority('kubernetes', standing)
    const { notBefore, notAfter } = new x509.X509Certificate(cert)
    assert.equal(notBefore.getTime(), standing.now() - 300_000)
    assert.equal(notAfter.getTime(), standing.now() + 3650 * day)
  })

  it('never makes the same key or serial number twice', async () => {
    const [one, other] = await Promise.all([createAuthority('a', standing), createAuthority('a', standing)])
    assert.notEqual(one.key, other.key)
    const serials = [one, other].map(({ cert }) => new X509Certificate(cert).serialNumber)
    assert.notEqual(serials[0], serials[1])
    for (const serial of serials) assert.match(serial, /^[4-7][0-9A-F]{31}$/)
  })
})

for (const [kind, makeAuthority] of [
  ['ECDSA', () => createAuthority('kubernetes', systemClock)],
  ['RSA', createRsaAuthority],
] as const) {
  describe(`certificates of an ${kind} authority`, () => {
    it('name the user and its group and are good for clients alone', async () => {
      const authority = await makeAuthority()
      const subject = { commonName: 'system:node:node-1a2b3c4d.example.com', organization: 'system:nodes', days: 365 }
      const { cert, key } = await issueClientCertificate(authority, subject, systemClock)
      const parsed = new x509.X509Certificate(cert)
      const node = new X509Certificate(cert)

      assert.equal(node.subject, 'O=system:nodes\nCN=system:node:node-1a2b3c4d.example.com')
      assert.equal(node.ca, false)
      assert.ok(node.checkPrivateKey(createPrivateKey(key)))
      const purposes = parsed.getExtension(x509.ExtendedKeyUsageExtension)?.usages ?? []
      assert.deepEqual([...purposes], [x509.ExtendedKeyUsage.clientAuth])
      const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags
      assert.equal(parsed.getExtension(x509.KeyUsagesExtension)?.usages, digitalSignature | keyEncipherment)
    })

    it('chain to the authority byte for byte, as Go compares names', async () => {
      const authority = await makeAuthority()
      const { cert } = await issueClientCertificate(authority, { commonName: 'a', days: 1 }, systemClock)
      const [own, issuer] = [new x509.X509Certificate(cert), new x509.X509Certificate(authority.cert)]
      assert.deepEqual(own.issuerName.toArrayBuffer(), issuer.subjectName.toArrayBuffer())
      assert.equal(
        own.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId,
        issuer.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId,
      )
      const node = new X509Certificate(authority.cert)
      assert.ok(new X509Certificate(cert).checkIssued(node))
      assert.ok(new X509Certificate(cert).verify(node.publicKey))
    })

    it('let a client and a server meet over TLS', async () => {
      const authority = await makeAuthority()
      const [server, client] = await Promise.all([
        issueServerCertificate(authority, { commonName: 'kube-apiserver', days: 1, names: ['127.0.0.1'] }, systemClock),
        issueClientCertificate(authority, { commonName: 'admin', days: 1 }, systemClock),
      ])
      await using serving = await listenHttps({ authority, server, client }, (_, outgoing) => outgoing.end('hello'))
      const transport = createTransport({ credentials: serving.credentials, clock: systemClock })
      assert.equal(await transport.request({ path: '/livez' }), 'hello')
      transport.close()
    })
  })
}

describe('issued certificates', () => {
  it('do not outlive their authority', async () => {
    const authority = await createAuthority('kubernetes', standing)
    const { cert } = await issueClientCertificate(authority, { commonName: 'a', days: 36_500 }, standing)
    assert.equal(new x509.X509Certificate(cert).notAfter.getTime(), standing.now() + 3650 * day)
  })

  it('hold names and addresses of a server', async () => {
    const authority = await createAuthority('kubernetes', standing)
    const names = ['localhost', '127.0.0.1', '10.96.0.1']
    const { cert } = await issueServerCertificate(authority, { commonName: 'a', days: 1, names }, standing)
    assert.equal(new X509Certificate(cert).subjectAltName, 'DNS:localhost, IP Address:127.0.0.1, IP Address:10.96.0.1')
  })

  it('take a subject as it is, whatever it looks like', async () => {
    const authority = await createAuthority('kubernetes', standing)
    const { cert } = await issueClientCertificate(
      authority,
      { commonName: '#"a", O=system:masters', days: 1 },
      standing,
    )
    assert.deepEqual(new x509.X509Certificate(cert).subjectName.toJSON(), [{ CN: ['#"a", O=system:masters'] }])
  })
})
