import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { compactDecrypt, exportJWK, generateKeyPair } from 'jose'
import { readTarget } from '../../src/cli/settings.ts'
import { fixed, issueCertificate } from '../api/http/certificates.ts'
import { startServed } from '../api/served.ts'
import { folderOf, run } from './support.ts'

async function homeOf(t: TestContext) {
  const home = await folderOf(t)
  await mkdir(path.join(home, '.qbo'))
  await mkdir(path.join(home, 'data'))
  return {
    home,
    at: (env: Record<string, string> = {}) => readTarget({ env, home, folder: home }),
    write: (text: string) => writeFile(path.join(home, '.qbo/cli.json'), text),
  }
}

test('the configuration is the environment, then ~/.qbo/cli.json, then the token of this folder', async t => {
  const { home, at, write } = await homeOf(t)
  await writeFile(path.join(home, 'data/admin.token'), 'kg_admin\n')
  assert.deepEqual(await at(), {
    url: 'ws://127.0.0.1:9601/qbo',
    headers: { authorization: 'Bearer kg_admin' },
    credential: 'data/admin.token',
  })
  await assert.rejects(at({ QBO_HOST: 'other.example' }), /no credential/)
  await write('')
  assert.equal((await at()).credential, 'data/admin.token', 'a file that a shell has just emptied is none')

  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { crv: 'P-521', extractable: true })
  const { crv, kty, x, y } = await exportJWK(publicKey)
  const account = { qbo_uid: { crv, kty, x, y }, qbo_aux: 'an-aux', qbo_port: 443, qbo_host: 'gateway.example' }
  for (const content of [account, { exp: 0, conf: account }]) {
    await write(JSON.stringify(content))
    const { url, headers } = await at()
    assert.equal(url, 'wss://gateway.example:443/qbo')
    const [, compact = '', aux] = /^qbo_uid=(\S+); qbo_aux=(.*)$/.exec(headers.cookie ?? '') ?? []
    assert.equal(aux, 'an-aux')
    assert.equal(new TextDecoder().decode((await compactDecrypt(compact, privateKey)).plaintext), 'an-aux')
  }
  assert.deepEqual(await at({ QBO_UID: 'a-token', QBO_HOST: 'localhost', QBO_PORT: '8080' }), {
    url: 'ws://localhost:8080/qbo',
    headers: { cookie: 'qbo_uid=a-token; qbo_aux=' },
    credential: 'QBO_UID',
  })
  assert.equal((await at({ KINDGATE_TOKEN: 'kg_one', QBO_UID: 'two' })).credential, 'KINDGATE_TOKEN')
})

for (const [env, url] of [
  [{ QBO_HOST: 'gateway.example' }, 'ws://gateway.example:9601/qbo'],
  [{ QBO_HOST: 'gateway.example', QBO_PORT: '443' }, 'wss://gateway.example:443/qbo'],
  [{ QBO_HOST: 'https://gateway.example' }, 'wss://gateway.example:443/qbo'],
  [{ QBO_HOST: 'gateway.example:8443' }, 'ws://gateway.example:8443/qbo'],
  [{ QBO_HOST: '::1' }, 'ws://[::1]:9601/qbo'],
  [{ KINDGATE_URL: 'https://gateway.example:9601' }, 'wss://gateway.example:9601/qbo'],
  [{ KINDGATE_URL: 'http://gateway.example/', QBO_HOST: 'other' }, 'ws://gateway.example/qbo'],
  [{ KINDGATE_URL: 'wss://proxy.example/kindgate/qbo' }, 'wss://proxy.example/kindgate/qbo'],
] as const) {
  test(`${JSON.stringify(env)} is ${url}`, async t => {
    const { at } = await homeOf(t)
    assert.equal((await at({ KINDGATE_TOKEN: 'kg_any', ...env })).url, url)
  })
}

for (const [env, file, words] of [
  [{ KINDGATE_TOKEN: 'a', KINDGATE_URL: 'gateway:9601' }, '', /^KINDGATE_URL must be an http or https address/],
  [{ KINDGATE_TOKEN: 'a', QBO_HOST: 'a host' }, '', /^a host is no host$/],
  [{ KINDGATE_TOKEN: 'a', QBO_PORT: '99999' }, '', /^QBO_PORT must be a port, not 99999$/],
  [{ KINDGATE_TOKEN: 'a\nb' }, '', /^KINDGATE_TOKEN is no token/],
  [{ KINDGATE_TOKEN: 'a', KINDGATE_CA: '/nowhere/ca.pem' }, '', /^KINDGATE_CA cannot be read: ENOENT/],
  [{ KINDGATE_TOKEN: 'a', KINDGATE_CA: import.meta.filename }, '', /^KINDGATE_CA, .*, holds no certificate in PEM$/],
  [{ QBO_UID: '{"crv":"P-521"' }, '', /^QBO_UID is not JSON$/],
  [{ QBO_UID: '{"crv":"P-256","kty":"EC","x":"a","y":"b"}' }, '', /^QBO_UID must be a public key of the curve P-521/],
  [{ QBO_UID: '{"crv":"P-521","kty":"EC","x":"a","y":"b"}' }, '', /^QBO_UID is a public key, which needs a qbo_aux/],
  [{ QBO_UID: '{"crv":"P-521","kty":"EC","x":"a","y":"b"}', QBO_AUX: 'b' }, '', /^QBO_UID is no usable key: /],
  [{ QBO_UID: 'a; b' }, '', /^QBO_UID must be a token or a public key$/],
  [{}, 'qbo', /cli\.json is not JSON$/],
  [{}, '[]', /cli\.json is no JSON object$/],
  [{}, '{}', /^qbo_uid in .*cli\.json must be a token or a public key$/],
  [{}, '{"qbo_uid":"a","qbo_port":"x"}', /^QBO_PORT must be a port, not x$/],
] as const) {
  test(`what is wrong with ${JSON.stringify(env)} ${file} is told`, async t => {
    const { at, write } = await homeOf(t)
    await write(file)
    await assert.rejects(at(env), (error: unknown) => {
      assert.ok(error instanceof Error)
      assert.match(error.message, words)
      return true
    })
  })
}

test('over TLS a private authority is trusted where it is named; a service account gets in', async t => {
  const certificate = await issueCertificate()
  const served = await startServed(t, { certificate: fixed(certificate) })
  const port = await served.listen()
  const folder = await folderOf(t)
  const ca = path.join(folder, 'ca.pem')
  await writeFile(ca, certificate.ca)
  const env = { KINDGATE_TOKEN: served.tokens.ann, KINDGATE_URL: `https://127.0.0.1:${port}` }

  const untrusted = await run(t, ['get', 'user'], env)
  assert.equal(untrusted.status, 1)
  assert.match(
    untrusted.err,
    /^kindgate: 127.0.0.1:\d+ shows a certificate .* not trusted here .*: set KINDGATE_CA to a/,
  )
  const other = path.join(folder, 'other.pem')
  await writeFile(other, (await issueCertificate()).ca)
  assert.match((await run(t, ['get', 'user'], { ...env, KINDGATE_CA: other })).err, /not trusted here/)
  const plain = await run(t, ['get', 'user'], { ...env, KINDGATE_URL: `http://127.0.0.1:${port}` })
  assert.match(plain.err, /^kindgate: 127\.0\.0\.1:\d+ cut the connection off: if it speaks https, .* https:\/\/\n$/)

  const trusting = await run(t, ['get', 'user', 'ann'], { ...env, KINDGATE_CA: ca })
  assert.equal(trusting.status, 0, trusting.err)
  const conf = trusting.out
    .trim()
    .split('\n')
    .flatMap(line => JSON.parse(line).users ?? [])
    .map(user => user.cli.conf)[0]
  assert.equal(conf.qbo_port, port)

  // As ~/.qbo/cli.json, and in the environment.
  await mkdir(path.join(folder, '.qbo'))
  await writeFile(path.join(folder, '.qbo/cli.json'), JSON.stringify(conf))
  const key = { QBO_UID: JSON.stringify(conf.qbo_uid), QBO_AUX: conf.qbo_aux, QBO_PORT: String(port) }
  for (const account of [{ HOME: folder }, key]) {
    const asked = await run(t, ['get', 'user'], { KINDGATE_CA: ca, ...account })
    assert.deepEqual([asked.status, asked.err], [0, ''])
    assert.match(asked.out, /"user":"ann"/)
  }
  const wrong = await run(t, ['get', 'user'], {
    ...key,
    KINDGATE_CA: ca,
    QBO_AUX: 'd0a4e1b2-7c2b-4c6e-9a51-a6e5e5a0f9a1',
  })
  assert.match(wrong.err, /^kindgate: 401 Unauthorized: the gateway does not take the credential of QBO_UID/)
})

test('a certificate for another name is told', async t => {
  const certificate = await issueCertificate()
  const served = await startServed(t, { certificate: fixed(certificate) })
  const port = await served.listen()
  const ca = path.join(await folderOf(t), 'ca.pem')
  await writeFile(ca, certificate.ca)
  const env = { KINDGATE_TOKEN: served.tokens.ann, KINDGATE_CA: ca, KINDGATE_URL: `https://127.0.0.2:${port}` }
  const { status, err } = await run(t, ['version'], env)
  assert.equal(status, 1)
  // Loopback answers at all of 127.0.0.0/8 on Linux only.
  if (process.platform === 'linux') assert.match(err, /refused|the certificate of 127\.0\.0\.2:\d+ is for other names/)
})
