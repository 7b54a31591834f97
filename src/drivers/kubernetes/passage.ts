import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import type { Duplex, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type Dispatcher, Pool } from 'undici'
import { WebSocket } from 'ws'
import { messageOf } from '../../errors.ts'
import { errorFromAnswer, type KubernetesError, TransportError } from './errors.ts'
import { identityOf, type KubernetesCredentials } from './transport.ts'

/**
 * Requests that go to an API server as they are, with the gateway's credential for it. Paths are below the server's own.
 * What the caller sent to prove who they are has to be taken off before.
 */
export interface ClusterPassage {
  /** Resolves with the answer as soon as its headers are there. Rejects with TransportError or the signal's reason. */
  request(request: PassedRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData>
  /** Asks for an upgrade on a connection of its own. Rejects with TransportError or the signal's reason. */
  upgrade(request: UpgradeRequest, signal: AbortSignal): Promise<UpgradeAnswer>
  /**
   * Opens a WebSocket with one of the subprotocols. Rejects with KubernetesError when the API server refuses,
   * TransportError, or the signal's reason.
   */
  webSocket(path: string, protocols: string[], signal: AbortSignal): Promise<WebSocket>
  /** Cuts every connection. */
  close(): void
}

export interface PassedRequest extends UpgradeRequest {
  /** Sent as it comes; null where there is none. */
  body: Readable | null
}

export interface UpgradeRequest {
  method: string
  path: string
  headers: Record<string, string | string[]>
}

/** `socket` is null when the API server refused: then the answer's body says why, and the connection ends with it. */
export type UpgradeAnswer =
  | { answer: IncomingMessage; socket: Duplex; head: Buffer }
  | { answer: IncomingMessage; socket: null }

/** Within the 5 s in which a caller is to hear that a cluster is out of reach. */
const connectTimeoutMs = 4_000
/** Longer than an API server itself takes for anything but a watch. */
const answerTimeoutMs = 90_000
const upgradeTimeoutMs = 30_000
/** Above what Kubernetes' own streams send in one message. */
const maxPayload = 4 * 1024 * 1024
const maxErrorBytes = 64 * 1024

export function createPassage(credentials: KubernetesCredentials): ClusterPassage {
  const base = new URL(credentials.server)
  const prefix = base.pathname.replace(/\/$/, '')
  const identity = identityOf(credentials)
  const bearer = credentials.token === undefined ? {} : { authorization: `Bearer ${credentials.token}` }
  const open = new Set<{ destroy(): void }>()
  const pool = new Pool(base.origin, {
    connect: { ...identity, timeout: connectTimeoutMs },
    headersTimeout: answerTimeoutMs,
    bodyTimeout: 0, // a watch may be silent for as long as it likes
    pipelining: 1,
  })

  return {
    async request(request, signal) {
      try {
        return await pool.request({
          ...request,
          path: prefix + request.path,
          headers: { ...request.headers, ...bearer },
          signal,
        })
      } catch (error) {
        throw signal.aborted ? signal.reason : unreachable(error)
      }
    },

    upgrade: ({ method, path, headers }, signal) =>
      new Promise((resolve, reject) => {
        const outgoing = https.request({
          ...identity,
          agent: false, // nothing else ever goes over this connection
          host: base.hostname.replace(/^\[|\]$/g, ''),
          port: base.port === '' ? 443 : Number(base.port),
          method,
          path: prefix + path,
          headers: { ...headers, ...bearer, host: base.host },
          signal,
          timeout: upgradeTimeoutMs,
        })
        open.add(outgoing)
        outgoing.once('close', () => open.delete(outgoing))
        outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')))
        outgoing.on('error', error => reject(signal.aborted ? signal.reason : unreachable(error)))
        outgoing.once('response', answer => resolve({ answer, socket: null }))
        outgoing.once('upgrade', (answer, socket, head) => {
          socket.setTimeout(0)
          open.add(socket)
          socket.once('close', () => open.delete(socket))
          socket.on('error', () => socket.destroy())
          resolve({ answer, socket, head })
        })
        outgoing.end()
      }),

    webSocket: (path, protocols, signal) =>
      new Promise((resolve, reject) => {
        const address = `wss://${base.host}${prefix}${path}`
        const socket = new WebSocket(address, protocols, {
          ...identity,
          headers: bearer,
          handshakeTimeout: upgradeTimeoutMs,
          perMessageDeflate: false,
          maxPayload,
        })
        const entry = { destroy: () => socket.terminate() }
        const abort = () => socket.terminate()
        open.add(entry)
        signal.addEventListener('abort', abort, { once: true })
        socket.on('error', error => reject(signal.aborted ? signal.reason : unreachable(error)))
        socket.once('close', () => {
          open.delete(entry)
          signal.removeEventListener('abort', abort)
        })
        socket.once('unexpected-response', (_request, answer: IncomingMessage) => {
          refusalOf(answer).then(reject, error => reject(unreachable(error)))
        })
        // What comes at once must not be lost before somebody listens.
        socket.once('open', () => {
          socket.pause()
          resolve(socket)
        })
      }),

    close() {
      void pool.destroy().catch(() => undefined)
      for (const each of open) each.destroy()
    },
  }
}

async function refusalOf(answer: IncomingMessage): Promise<KubernetesError> {
  answer.setTimeout(connectTimeoutMs, () => answer.destroy())
  const body = (await text(answer)).slice(0, maxErrorBytes)
  let parsed: unknown = body
  try {
    parsed = JSON.parse(body)
  } catch {
    // plain text is a message, too
  }
  return errorFromAnswer(answer.statusCode ?? 0, parsed)
}

function unreachable(error: unknown): TransportError {
  return new TransportError('unreachable', `no answer from the API server: ${messageOf(error)}`, { cause: error })
}
