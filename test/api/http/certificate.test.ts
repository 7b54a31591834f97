import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { CertificateError, openCertificate } from '../../../src/api/http/tls/certificate.ts'
import { createFakeClock } from '../../support/clock.ts'
import { recordingLog } from '../../support/log.ts'
import { temporaryFolder } from '../../support/postgres.ts'
import { setUp, until } from '../support.ts'
import { issueCertificate } from './certificates.ts'

const [first, second] = [await issueCertificate(), await issueCertificate()]

/** Files with a certificate, and a server that has it. */
async function serve(t: Parameters<typeof setUp>[0]) {
  const folder = await temporaryFolder(t)
  const files = { certFile: path.join(folder, 'tls.crt'), keyFile: path.join(folder, 'tls.key') }
  const write = async ({ cert, key }: { cert: Buffer | string; key: Buffer | string }) => {
    for (const [file, content] of [
      [files.keyFile, key],
      [files.certFile, cert],
    ] as const) {
      await writeFile(`${file}.new`, content)
      await rename(`${file}.new`, file)
    }
  }
  await write(first)
  const clock = createFakeClock()
  const log = recordingLog()
  const stop = new AbortController()
  t.after(() => stop.abort())
  const certificate = await openCertificate({ ...files, clock, log, signal: stop.signal })
  const harness = await setUp(t, { server: { certificate } })
  const port = await harness.listen()
  /** Lets the files be looked at. */
  const look = async () => {
    await until(() => clock.sleepers === 1)
    await clock.advance(5_000)
    await until(() => clock.sleepers === 1)
  }
  return { ...files, write, log, look, port }
}

async function open(port: number, ca: string) {
  const socket = connect({ port, host: '127.0.0.1', ca })
  await once(socket, 'secureConnect')
  return socket
}

test('a certificate is replaced for new connections; those that are open stay', async t => {
  const { port, write, look } = await serve(t)
  const before = await open(port, first.ca)
  t.after(() => before.destroy())
  await write(second)
  await look()
  const after = await open(port, second.ca)
  after.destroy()
  await assert.rejects(open(port, first.ca))
  before.write('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n')
  const [answer] = await once(before, 'data')
  assert.match(String(answer), /^HTTP\/1.1 200/)
})

test('what cannot be used is logged once, and the certificate before it stays until there is one that can', async t => {
  const { port, write, look, log, certFile } = await serve(t)
  await write({ cert: second.cert, key: first.key })
  for (const _time of [1, 2]) {
    await look()
    const still = await open(port, first.ca)
    still.destroy()
  }
  const warnings = () => log.entries.filter(({ level }) => level === 'warn')
  assert.equal(warnings().length, 1)
  assert.ok(JSON.stringify(warnings()).includes(certFile))
  await write({ cert: 'none', key: second.key })
  await look()
  assert.equal(warnings().length, 2)
  await write(second)
  await look()
  const now = await open(port, second.ca)
  now.destroy()
})

test('files that cannot be used stop the start, and are named', async t => {
  const { certFile, keyFile, write } = await serve(t)
  const options = { certFile, keyFile, clock: createFakeClock(), log: recordingLog(), signal: AbortSignal.abort() }
  const named = (error: unknown) => error instanceof CertificateError && error.message.includes(certFile)
  await write({ cert: first.cert, key: second.key })
  await assert.rejects(openCertificate(options), named)
  await write({ cert: '', key: '' })
  await assert.rejects(openCertificate(options), named)
  await assert.rejects(openCertificate({ ...options, certFile: `${certFile}.none` }), /ENOENT/)
})
