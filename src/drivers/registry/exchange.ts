import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { messageOf } from '../../errors.ts'
import { RegistryError } from '../registry.ts'
import { publicLookup, type Resolve, requirePublicHost } from './guard.ts'
import type { AllowedOrigins } from './origins.ts'

export interface Ask {
  method: 'GET' | 'HEAD'
  url: URL
  accept: string
  /** Value of the Authorization header; a redirect to another origin goes without. */
  authorization?: string | undefined
  /** Most bytes the answer may have. */
  maxBytes: number
  signal: AbortSignal
}

export interface Answer {
  /** Of the last redirect. */
  url: URL
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

export type Exchange = (ask: Ask) => Promise<Answer>

const mostRedirects = 5
const redirects = new Set([301, 302, 303, 307, 308])

/**
 * Requests to registries, each over a connection of its own that is made only to public addresses, or to origins that the
 * operator lists. Rejects with RegistryError, or with the signal's reason.
 */
export function createExchange({ allowed, resolve }: { allowed: AllowedOrigins; resolve: Resolve }): Exchange {
  const lookup = publicLookup(resolve)

  async function once(ask: Ask): Promise<Answer> {
    const { url, signal } = ask
    const listed = allowed.has(url.origin)
    if (url.protocol !== 'https:' && !(listed && url.protocol === 'http:'))
      throw new RegistryError('HostNotAllowed', `${url.host} is not spoken to without TLS: no setting lists it so`)
    if (!listed) requirePublicHost(url.hostname)
    try {
      const incoming = await send(ask, listed)
      return { url, status: incoming.statusCode ?? 0, headers: incoming.headers, body: await read(incoming, ask) }
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (error instanceof RegistryError) throw error
      throw unavailable(`${url.host} does not answer: ${messageOf(error)}`, error)
    }
  }

  function send({ method, url, accept, authorization, signal }: Ask, listed: boolean): Promise<IncomingMessage> {
    const { promise, resolve: answered, reject } = Promise.withResolvers<IncomingMessage>()
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method,
      // No connection is shared: one that was opened for a listed host is never used for another.
      agent: false,
      signal,
      headers: { accept, 'user-agent': 'kindgate', ...(authorization === undefined ? {} : { authorization }) },
      ...(listed ? {} : { lookup }),
    })
    request.on('response', answered).on('error', reject).end()
    return promise
  }

  return async first => {
    let ask = first
    for (let hops = 0; hops <= mostRedirects; hops++) {
      const answer = await once(ask)
      const { location } = answer.headers
      if (!redirects.has(answer.status) || location === undefined) return answer
      const url = URL.parse(location, ask.url.href)
      if (!url) throw unavailable(`${ask.url.host} redirects to what is no address`)
      // Never again, not even on the way back to where it came from.
      ask = { ...ask, url, authorization: url.origin === ask.url.origin ? ask.authorization : undefined }
    }
    throw unavailable(`${first.url.host} redirects more than ${mostRedirects} times`)
  }
}

/** The whole body, as long as it is not larger than it may be; closes the connection either way. */
async function read(incoming: IncomingMessage, { method, url, maxBytes }: Ask): Promise<Buffer> {
  try {
    if (method === 'HEAD') return Buffer.alloc(0)
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of incoming) {
      length += chunk.length
      if (length > maxBytes) throw unavailable(`${url.host} answers with more than ${maxBytes} bytes`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } finally {
    incoming.destroy()
  }
}

export function unavailable(message: string, cause?: unknown): RegistryError {
  return new RegistryError('RegistryUnavailable', message, { cause })
}
