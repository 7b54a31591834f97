import { readFileSync } from 'node:fs'
import path from 'node:path'
import { CompactEncrypt, importJWK } from 'jose'

/** Where the gateway is and what is shown to it. */
export interface Target {
  url: string
  headers: Record<string, string>
  /** A CA to trust in place of the system's, PEM. */
  ca?: string
}

export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>
  home: string
  folder: string
}

const defaultPort = 9601

/**
 * Reads the configuration: `KINDGATE_TOKEN`, else `QBO_UID`, else `~/.qbo/cli.json`, else `data/admin.token` in the
 * current folder (QBO AsyncAPI, "CLI configuration priority"). Rejects with an Error that says what is wrong.
 */
export async function readTarget({ env, home, folder }: Surroundings): Promise<Target> {
  const file = readConfiguration(path.join(home, '.qbo', 'cli.json'))
  const caFile = env.KINDGATE_CA
  const ca = caFile ? { ca: readFileSync(caFile, 'utf8') } : {}
  const token = env.KINDGATE_TOKEN
  if (token) return { url: urlOf(env, {}), headers: { authorization: `Bearer ${token}` }, ...ca }
  if (env.QBO_UID) {
    const cookie = await cookieOf(keyOrText(env.QBO_UID), env.QBO_AUX ?? '')
    return { url: urlOf(env, file ?? {}), headers: { cookie }, ...ca }
  }
  if (file) {
    const cookie = await cookieOf(file.qbo_uid, String(file.qbo_aux ?? ''))
    return { url: urlOf(env, file), headers: { cookie }, ...ca }
  }
  const admin = read(path.join(folder, 'data', 'admin.token'))?.trim()
  // The admin's token is for the gateway of this folder, never for another host.
  if (!admin || env.KINDGATE_URL || env.QBO_HOST)
    throw new Error('no credential: set KINDGATE_TOKEN or QBO_UID, or write ~/.qbo/cli.json')
  return { url: urlOf(env, {}), headers: { authorization: `Bearer ${admin}` }, ...ca }
}

function urlOf(env: Surroundings['env'], file: Record<string, unknown>): string {
  const given = env.KINDGATE_URL
  if (given) {
    const base = URL.parse(given)
    if (!base || !/^(https?|wss?):$/.test(base.protocol))
      throw new Error('KINDGATE_URL must be an http or https address')
    return `${base.protocol.replace('http', 'ws')}//${base.host}/qbo`
  }
  const host = env.QBO_HOST || String(file.qbo_host ?? '127.0.0.1')
  const port = Number(env.QBO_PORT || file.qbo_port || (host.startsWith('https://') ? 443 : defaultPort))
  const secure = port === 443 || /^(https|wss):\/\//.test(host)
  const url = URL.parse(`${secure ? 'wss' : 'ws'}://${host.replace(/^\w+:\/\//, '').replace(/\/$/, '')}`)
  if (!url || !Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${host}:${port} is no address`)
  return `${url.protocol}//${url.hostname}:${port}/qbo`
}

/** The cookie of a temporary token, or of a service account: its aux, encrypted for its public key. */
async function cookieOf(uid: unknown, aux: string): Promise<string> {
  if (typeof uid === 'string' && !/[\s;]/.test(uid)) return `qbo_uid=${uid}; qbo_aux=${aux}`
  if (!isRecord(uid)) throw new Error('qbo_uid must be a token or a public key')
  const { crv, kty, x, y } = uid
  if (crv !== 'P-521' || kty !== 'EC' || typeof x !== 'string' || typeof y !== 'string')
    throw new Error('qbo_uid must be a public key of the curve P-521, with x and y')
  const key = await importJWK({ crv, kty, x, y }, 'ECDH-ES')
  const compact = await new CompactEncrypt(new TextEncoder().encode(aux))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256CBC-HS512' })
    .encrypt(key)
  return `qbo_uid=${compact}; qbo_aux=${aux}`
}

function keyOrText(text: string): unknown {
  return text.trim().startsWith('{') ? parse(text, 'QBO_UID') : text
}

function readConfiguration(file: string): Record<string, unknown> | undefined {
  const text = read(file)
  if (text === undefined) return undefined
  const value = parse(text, file)
  if (!isRecord(value)) throw new Error(`${file} is no JSON object`)
  return value
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

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
