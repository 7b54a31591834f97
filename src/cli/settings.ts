import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import path from 'node:path'
import { messageOf } from '../errors.ts'
import { isRecord } from './text.ts'

/** Where the gateway is and what is shown to it. */
export interface Target {
  url: string
  headers: Record<string, string>
  /** Where the credential is from, as its user knows it. */
  credential: string
  /** A CA to trust in place of the system's, PEM. */
  ca?: string
}

export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>
  home: string
  folder: string
}

/** One that answers on this machine unless told otherwise. */
const usual = { host: '127.0.0.1', port: 9601 }

/**
 * Reads the configuration: `KINDGATE_TOKEN`, else `QBO_UID`, else `~/.qbo/cli.json`, else `data/admin.token` in the
 * current folder (QBO AsyncAPI, "CLI configuration priority"). Rejects with an Error that says what is wrong.
 */
export async function readTarget({ env, home, folder }: Surroundings): Promise<Target> {
  const ca = env.KINDGATE_CA ? { ca: readAuthority(env.KINDGATE_CA) } : {}
  if (env.KINDGATE_TOKEN) {
    const headers = bearer(env.KINDGATE_TOKEN.trim(), 'KINDGATE_TOKEN')
    return { url: urlOf(env, {}), headers, credential: 'KINDGATE_TOKEN', ...ca }
  }
  const place = path.join(home, '.qbo', 'cli.json')
  const file = readConfiguration(place)
  if (env.QBO_UID) {
    const cookie = await cookieOf(keyOrText(env.QBO_UID), env.QBO_AUX ?? '', 'QBO_UID')
    return { url: urlOf(env, file ?? {}), headers: { cookie }, credential: 'QBO_UID', ...ca }
  }
  if (file) {
    const cookie = await cookieOf(file.qbo_uid, String(file.qbo_aux ?? ''), `qbo_uid in ${place}`)
    return { url: urlOf(env, file), headers: { cookie }, credential: place, ...ca }
  }
  const admin = read(path.join(folder, 'data', 'admin.token'))?.trim()
  // The admin's token is for the gateway of this folder, never for another host.
  if (!admin || env.KINDGATE_URL || env.QBO_HOST)
    throw new Error('no credential: set KINDGATE_TOKEN or QBO_UID, or write ~/.qbo/cli.json')
  return {
    url: urlOf(env, {}),
    headers: bearer(admin, 'data/admin.token'),
    credential: 'data/admin.token',
    ...ca,
  }
}

function bearer(token: string, where: string): Record<string, string> {
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error(`${where} is no token: it holds characters that no token has`)
  return { authorization: `Bearer ${token}` }
}

function urlOf(env: Surroundings['env'], file: Record<string, unknown>): string {
  if (env.KINDGATE_URL) return urlIn(env.KINDGATE_URL)
  const named = env.QBO_HOST || String(file.qbo_host ?? usual.host)
  // An authority is of no use but for TLS.
  const secure = /^(https|wss):\/\//.test(named) || (Boolean(env.KINDGATE_CA) && !/^(http|ws):\/\//.test(named))
  const host = named.replace(/^\w+:\/\//, '').replace(/\/$/, '')
  const address = URL.parse(`ws://${isIPv6(host) ? `[${host}]` : host}`)
  if (!address || address.host === '' || address.pathname !== '/') throw new Error(`${named} is no host`)
  const port = Number(env.QBO_PORT || address.port || file.qbo_port || (secure ? 443 : usual.port))
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`QBO_PORT must be a port, not ${env.QBO_PORT || file.qbo_port}`)
  return `${secure || port === 443 ? 'wss' : 'ws'}://${address.hostname}:${port}/qbo`
}

/** The socket of a gateway at an address, which may be behind a path of a proxy's. */
function urlIn(text: string): string {
  const base = URL.parse(text)
  if (!base || !/^(https?|wss?):$/.test(base.protocol) || base.host === '')
    throw new Error('KINDGATE_URL must be an http or https address, such as https://gateway.example:9601')
  const pathname = base.pathname.replace(/\/+$/, '').replace(/\/qbo$/, '')
  return `${base.protocol.replace('http', 'ws')}//${base.host}${pathname}/qbo${base.search}`
}

function readAuthority(file: string): string {
  let pem: string
  try {
    pem = readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`KINDGATE_CA cannot be read: ${messageOf(error)}`)
  }
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`KINDGATE_CA, ${file}, holds no certificate in PEM`)
  return pem
}

/** The cookie of a temporary token, or of a service account: its aux, encrypted for its public key. */
async function cookieOf(uid: unknown, aux: string, where: string): Promise<string> {
  if (!/^[\x21-\x3a\x3c-\x7e]*$/.test(aux)) throw new Error(`the qbo_aux that belongs to ${where} is none`)
  if (typeof uid === 'string' && /^[\x21-\x3a\x3c-\x7e]+$/.test(uid)) return `qbo_uid=${uid}; qbo_aux=${aux}`
  if (!isRecord(uid)) throw new Error(`${where} must be a token or a public key`)
  const { crv, kty, x, y } = uid
  if (crv !== 'P-521' || kty !== 'EC' || typeof x !== 'string' || typeof y !== 'string')
    throw new Error(`${where} must be a public key of the curve P-521, with x and y`)
  if (aux === '') throw new Error(`${where} is a public key, which needs a qbo_aux beside it`)
  const { CompactEncrypt, importJWK } = await import('jose')
  try {
    const key = await importJWK({ crv, kty, x, y }, 'ECDH-ES')
    const compact = await new CompactEncrypt(new TextEncoder().encode(aux))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256CBC-HS512' })
      .encrypt(key)
    return `qbo_uid=${compact}; qbo_aux=${aux}`
  } catch (error) {
    throw new Error(`${where} is no usable key: ${messageOf(error)}`)
  }
}

function keyOrText(text: string): unknown {
  return text.trim().startsWith('{') ? parse(text, 'QBO_UID') : text
}

function readConfiguration(file: string): Record<string, unknown> | undefined {
  const text = read(file)
  // A shell empties the file before it runs what writes it: `get user -l | jq … > ~/.qbo/cli.json`.
  if (text === undefined || text.trim() === '') return undefined
  const value = parse(text, file)
  if (!isRecord(value)) throw new Error(`${file} is no JSON object`)
  // QBO's documents write `.users[].cli` into the file, as well as `.users[].cli.conf`.
  return isRecord(value.conf) ? value.conf : value
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${what} is not JSON`)
  }
}
