import type { IncomingMessage } from 'node:http'
import { isRecord, plain } from './text.ts'

/** Why a connection could not be made, in words for who has to mend it. */
export function describeConnectError(error: unknown, url: string): string {
  const { code, message } = faultOf(error)
  const { host, hostname, protocol } = new URL(url)
  if (untrusted.has(code)) {
    return `${host} shows a certificate whose authority is not trusted here (${code}): set KINDGATE_CA to a PEM file of it`
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `the certificate of ${host} is for other names: ${plain(message)}`
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return `the certificate of ${host} is not valid now (${code})`
  if (code === 'ECONNREFUSED')
    return `nothing answers at ${host} (connection refused): is the gateway running, and is this its address?`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `no address is known for ${hostname} (${code})`
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    const other = protocol === 'ws:' ? 'https' : 'http'
    return `${host} cut the connection off: if it speaks ${other}, its address has to begin with ${other}://`
  }
  if (/wrong version number|packet length too long/i.test(message))
    return `${host} does not speak TLS: its address has to begin with http://`
  return `${host} cannot be reached: ${plain(message || code || 'unknown error')}`
}

const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** An error's code and message; of several attempts at one name, the first's. */
function faultOf(error: unknown): { code: string; message: string } {
  const first = error instanceof AggregateError ? error.errors[0] : error
  const code = isRecord(first) && typeof first.code === 'string' ? first.code : ''
  return { code, message: first instanceof Error ? first.message : String(first) }
}

/** Why the gateway did not take the connection. `credential` is where the credential is from. */
export async function describeRefusal(answer: IncomingMessage, url: string, credential: string): Promise<string> {
  const { statusCode = 0, statusMessage = '', headers } = answer
  const detail = detailOf(await beginningOf(answer))
  const status = `${statusCode} ${plain(statusMessage)}`.trim()
  const said = detail === '' ? '' : `: ${detail}`
  if (statusCode === 401)
    return `${status}: the gateway does not take the credential of ${credential}; check whether it has ended or is another gateway's`
  if (statusCode === 403) return `${status}: the gateway does not let this credential connect${said}`
  if (statusCode === 404) return `${status}: at ${url} is no gateway that speaks the QBO AsyncAPI`
  if (statusCode === 429) {
    const after = headers['retry-after'] === undefined ? '' : `; try again in ${plain(headers['retry-after'])} s`
    return `${status}: too many requests or connections${said}${after}`
  }
  if (statusCode >= 300 && statusCode < 400 && headers.location)
    return `${status}: the gateway is elsewhere, at ${plain(headers.location)}`
  if (statusCode < 300) return `${status}: what answers at ${url} is no gateway`
  return `${status}: the gateway does not take the connection${said}`
}

const longestBody = 64 * 1024

async function beginningOf(answer: IncomingMessage): Promise<string> {
  let text = ''
  try {
    for await (const chunk of answer) {
      text += chunk
      if (text.length > longestBody) return ''
    }
  } catch {
    return ''
  }
  return text
}

/** The words of a problem document (RFC 9457). */
function detailOf(body: string): string {
  try {
    const problem: unknown = JSON.parse(body)
    return isRecord(problem) && typeof problem.detail === 'string' ? plain(problem.detail) : ''
  } catch {
    return ''
  }
}

const closings: Record<number, string> = {
  1001: 'the gateway is shutting down',
  1002: 'the gateway did not understand the connection',
  1006: 'the connection to the gateway was lost',
  1008: 'the gateway does not allow this connection any longer',
  1009: 'the command is too long for the gateway',
  1011: 'the gateway failed',
  1012: 'the gateway restarts',
  1013: 'something was missed because it was not read quickly enough, or the gateway is overloaded; run the command again',
  4401: 'the credential has ended',
}

/** Why a connection has ended before the command did (RFC 6455, section 7.4). */
export function describeClosing(code: number, reason: string): string {
  const said = reason === '' ? '' : ` ${plain(reason)}`
  return `${closings[code] ?? 'the gateway ended the connection before the command had ended'} (${code}${said})`
}
