import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { Clock } from '../../../clock.ts'
import { messageOf } from '../../../errors.ts'
import type { Log } from '../../../log.ts'

/** A certificate with its chain, and its private key, in PEM. */
export interface Certificate {
  cert: Buffer
  key: Buffer
}

/** A certificate that is replaced now and then. */
export interface CertificateSource {
  readonly current: Certificate
  /** `use` is called with each later one. */
  follow(use: (certificate: Certificate) => void): void
}

/** A certificate that cannot be used; the message names its files. */
export class CertificateError extends Error {}

/** How often the files are looked at. Their content is compared: a mounted secret changes by a link, not by a date. */
const lookMs = 5_000

export interface CertificateFiles {
  certFile: string
  keyFile: string
  clock: Clock
  log: Log
  /** Ends looking at the files. */
  signal: AbortSignal
}

/**
 * The certificate of two files, and whatever they hold later. What cannot be used is logged once, and the certificate
 * before it stays. Rejects with CertificateError when a file cannot be read now or the key is not the certificate's.
 */
export async function openCertificate(files: CertificateFiles): Promise<CertificateSource> {
  const { clock, log, signal } = files
  const users: ((certificate: Certificate) => void)[] = []
  let current = await read(files)
  let complaint: string | undefined

  async function look() {
    try {
      const found = await read(files)
      complaint = undefined
      if (found.cert.equals(current.cert) && found.key.equals(current.key)) return
      current = found
      for (const use of users) use(found)
      log.info({ file: files.certFile }, 'the certificate was replaced')
    } catch (error) {
      const reason = messageOf(error)
      if (reason !== complaint) log.warn({ reason }, 'the new certificate cannot be used; the one before it stays')
      complaint = reason
    }
  }

  async function keepLooking() {
    while (!signal.aborted) {
      await clock.sleep(lookMs, signal).catch(() => undefined)
      if (!signal.aborted) await look()
    }
  }

  void keepLooking()
  return {
    get current() {
      return current
    },
    follow: use => void users.push(use),
  }
}

async function read({ certFile, keyFile }: CertificateFiles): Promise<Certificate> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)])
    createSecureContext({ cert, key })
    return { cert, key }
  } catch (error) {
    throw new CertificateError(`TLS_CERT=${certFile}, TLS_KEY=${keyFile}: ${messageOf(error)}`)
  }
}
