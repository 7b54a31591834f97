import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import tls from 'node:tls'
import type { Clock } from '../../clock.ts'
import { type Deadline, startDeadline } from '../../deadline.ts'
import { messageOf } from '../../errors.ts'
import { errorFromAnswer, TransportError } from './errors.ts'

/** Where an API server is and how to prove who we are. */
export interface KubernetesCredentials {
  /** `https://127.0.0.1:6443`. */
  server: string
  /** PEM text: the authority that signed the server's certificate. */
  ca: string
  /** PEM texts: our certificate and its key. */
  cert?: string
  key?: string
  /** Sent as `Authorization: Bearer`. */
  token?: string
  /** The name in the server's certificate, where that is not the one of its address. */
  servername?: string
  /** Resolves the server's name, where not every address may be connected to; every connection has to use it. */
  lookup?: LookupFunction
}

export interface KubernetesRequest {
  /** GET when absent. */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the server: `/api/v1/nodes`. Segments are already encoded. */
  path: string
  query?: Record<string, string | number | boolean | undefined>
  /** Sent as JSON. */
  body?: unknown
  /** Media type of the body, `application/json` when absent. */
  contentType?: string
  signal?: AbortSignal | undefined
  /** Milliseconds until the whole answer, or a stream's headers, must be there; 30 s when absent, Infinity for none. */
  timeoutMs?: number
  /** Most bytes that an answer may have when it is not a stream; 32 MiB when absent. */
  maxBytes?: number
}

/**
 * HTTP to one API server. Errors are KubernetesError (it answered with one), TransportError (it gave no usable answer)
 * or the request's signal's reason.
 */
export interface KubernetesTransport {
  /** Resolves with the answer's JSON, or its text where it is not JSON. */
  request(request: KubernetesRequest): Promise<unknown>
  /**
   * Resolves with the answer's bytes as they arrive, as soon as its headers are there. Nothing is read ahead of the
   * consumer but one socket buffer; leaving the loop or aborting the signal closes the connection.
   */
  stream(request: KubernetesRequest): Promise<AsyncIterable<Uint8Array>>
  /** Closes every connection; requests reject from now on. */
  close(): void
}

export interface TransportOptions {
  credentials: KubernetesCredentials
  clock: Clock
  /** Milliseconds for TCP and TLS together. */
  connectTimeoutMs?: number
}

/** What TLS with the API server takes. */
export function identityOf({ ca, cert, key }: KubernetesCredentials): tls.SecureContextOptions {
  return { ca, ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) }
}

/** What else a connection to the API server takes, whoever makes it. */
export function connectionOf({
  servername,
  lookup,
}: KubernetesCredentials): Pick<KubernetesCredentials, 'servername' | 'lookup'> {
  return { ...(servername === undefined ? {} : { servername }), ...(lookup === undefined ? {} : { lookup }) }
}

const defaultTimeoutMs = 30_000
const defaultMaxBytes = 32 * 1024 * 1024
const maxErrorBytes = 64 * 1024
/** Below the 90 s after which an API server closes an idle connection itself. */
const idleSocketMs = 60_000

/**
 * The transport over node:https with kept-alive connections. The server's certificate is verified against the given
 * authority alone. Throws when the server is not an https address or a PEM text cannot be read.
 */
export function createTransport(options: TransportOptions): KubernetesTransport {
  const { credentials, clock } = options
  const base = new URL(credentials.server)
  if (base.protocol !== 'https:')
    throw new Error(`an API server's address starts with https://, not ${base.protocol}//`)
  const agent = new https.Agent({
    keepAlive: true,
    timeout: idleSocketMs,
    maxFreeSockets: 8,
    scheduling: 'lifo',
    secureContext: tls.createSecureContext(identityOf(credentials)),
    ...connectionOf(credentials),
  })
  let closed = false

  async function open(request: KubernetesRequest, deadline: Deadline): Promise<IncomingMessage> {
    for (;;) {
      const sent = send(request, deadline.signal)
      try {
        return await sent.response
      } catch (error) {
        if (deadline.signal.aborted) throw deadline.signal.reason
        const stale = sent.reusedSocket() && isReset(error) && request.method !== 'POST'
        if (!stale) throw unreachable(error)
      }
    }
  }

  function send(request: KubernetesRequest, signal: AbortSignal) {
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body))
    const outgoing = https.request({
      agent,
      rejectUnauthorized: true,
      host: base.hostname.replace(/^\[|\]$/g, ''),
      port: base.port === '' ? 443 : Number(base.port),
      method: request.method ?? 'GET',
      path: targetOf(base, request),
      headers: {
        accept: 'application/json',
        'user-agent': 'kindgate',
        ...(credentials.token === undefined ? {} : { authorization: `Bearer ${credentials.token}` }),
        ...(body && { 'content-type': request.contentType ?? 'application/json', 'content-length': body.byteLength }),
      },
    })
    const response = new Promise<IncomingMessage>((resolve, reject) => {
      let answer: IncomingMessage | undefined
      const abort = () => (answer ?? outgoing).destroy(new Error('aborted'))
      const connecting = connectDeadline(() => outgoing.destroy(connectExpired(base)))
      outgoing.on('socket', socket => {
        if (socket.connecting) socket.once('secureConnect', connecting.end)
        else connecting.end()
      })
      outgoing.on('response', incoming => {
        answer = incoming
        incoming.on('error', () => {}) // whoever reads it hears of it; nobody need read it
        resolve(incoming)
      })
      outgoing.on('error', error => {
        connecting.end()
        reject(error)
      })
      outgoing.on('close', () => {
        connecting.end()
        signal.removeEventListener('abort', abort)
      })
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
      outgoing.end(body)
    })
    return { response, reusedSocket: () => outgoing.reusedSocket }
  }

  function connectDeadline(expire: () => void): { end: () => void } {
    const timer = new AbortController()
    clock.sleep(options.connectTimeoutMs ?? 5_000, timer.signal).then(expire, () => {})
    return { end: () => timer.abort() }
  }

  function startRequest(request: KubernetesRequest): Deadline {
    if (closed) throw new TransportError('closed', 'the connection to the API server was closed')
    request.signal?.throwIfAborted()
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs
    return startDeadline({
      clock,
      timeoutMs,
      signal: request.signal,
      expired: () => {
        dropIdleSockets()
        return new TransportError('timeout', `the API server did not answer within ${timeoutMs / 1000} s`)
      },
    })
  }

  /** After a time-out an idle connection may be as dead as the one that was used. */
  function dropIdleSockets(): void {
    for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
  }

  return {
    async request(request) {
      const deadline = startRequest(request)
      try {
        const answer = await open(request, deadline)
        const body = await readBody(answer, request.maxBytes ?? defaultMaxBytes, deadline.signal)
        return checked(answer, body)
      } finally {
        deadline.end()
      }
    },
    async stream(request) {
      const deadline = startRequest(request)
      try {
        const answer = await open(request, deadline)
        if (!isSuccess(answer)) throw checked(answer, await readBody(answer, maxErrorBytes, deadline.signal))
        answer.once('close', deadline.end)
        deadline.stopTimer()
        return chunksOf(answer, deadline.signal)
      } catch (error) {
        deadline.end()
        throw error
      }
    },
    close() {
      closed = true
      agent.destroy()
    },
  }
}

function targetOf(base: URL, request: KubernetesRequest): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) query.set(key, String(value))
  }
  const prefix = base.pathname.replace(/\/$/, '')
  return query.size === 0 ? prefix + request.path : `${prefix}${request.path}?${query}`
}

function isSuccess(answer: IncomingMessage): boolean {
  return (answer.statusCode ?? 0) >= 200 && (answer.statusCode ?? 0) < 300
}

/** The decoded body of a success; throws what any other answer stands for. */
function checked(answer: IncomingMessage, body: Buffer): unknown {
  const text = body.toString('utf8')
  const json = /\bjson\b/.test(answer.headers['content-type'] ?? '')
  if (!isSuccess(answer)) {
    throw errorFromAnswer(answer.statusCode ?? 0, json ? parsedOrText(text) : text, answer.headers['retry-after'])
  }
  if (!json) return text
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new TransportError('malformed', `the API server's answer is not JSON: ${messageOf(error)}`, { cause: error })
  }
}

function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

async function readBody(answer: IncomingMessage, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunksOf(answer, signal)) {
    size += chunk.byteLength
    if (size > maxBytes)
      throw new TransportError('too-large', `the API server's answer has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

async function* chunksOf(answer: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of answer) yield chunk
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw unreachable(error)
  }
}

function connectExpired(base: URL): Error {
  return new TransportError('timeout', `no connection to ${base.host} in time`)
}

function unreachable(error: unknown): Error {
  if (error instanceof TransportError) return error
  const what = messageOf(error) || codeOf(error) // an AggregateError has no message of its own
  return new TransportError('unreachable', `no answer from the API server: ${what}`, { cause: error })
}

function isReset(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE'].includes(codeOf(error))
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
