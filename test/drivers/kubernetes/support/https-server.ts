import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { systemClock } from '../../../../src/clock.ts'
import {
  createAuthority,
  issueClientCertificate,
  issueServerCertificate,
  type KeyedCertificate,
} from '../../../../src/drivers/kubernetes/pki.ts'
import type { KubernetesCredentials } from '../../../../src/drivers/kubernetes/transport.ts'
import type { ApiAnswer, FakeApiServer } from './api-server.ts'

export interface Identity {
  authority: KeyedCertificate
  server: KeyedCertificate
  client: KeyedCertificate
}

/** Certificates for a server on loopback and for its administrator. */
export async function createIdentity(names = ['127.0.0.1', 'localhost']): Promise<Identity> {
  const authority = await createAuthority('kubernetes', systemClock)
  const [server, client] = await Promise.all([
    issueServerCertificate(authority, { commonName: 'kube-apiserver', days: 1, names }, systemClock),
    issueClientCertificate(authority, { commonName: 'admin', organization: 'system:masters', days: 1 }, systemClock),
  ])
  return { authority, server, client }
}

export interface HttpsServer extends AsyncDisposable {
  readonly credentials: KubernetesCredentials
  /** Connections that were ever accepted. */
  readonly connections: number
  /** Connections that are open. */
  readonly open: ReadonlySet<Socket>
}

export interface HttpsOptions {
  /** Takes connections that ask for an upgrade; without it they are requests like any other. */
  upgrade?: (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** The credential in place of a certificate, which nobody is asked for then. */
  token?: string
}

/** Serves on loopback over TLS; whoever has no certificate of the authority is turned away. */
export async function listenHttps(
  identity: Identity,
  handler: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
  { upgrade, token }: HttpsOptions = {},
): Promise<HttpsServer> {
  const { authority, server: own, client } = identity
  const server = https.createServer(
    { ...own, ca: authority.cert, requestCert: token === undefined, rejectUnauthorized: token === undefined },
    handler,
  )
  if (upgrade) server.on('upgrade', upgrade)
  const open = new Set<Socket>()
  /** Those that TLS has not come to yet, too. */
  const accepted = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    accepted.add(socket)
    socket.on('close', () => accepted.delete(socket))
  })
  let connections = 0
  server.on('secureConnection', socket => {
    connections += 1
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    credentials: {
      server: `https://127.0.0.1:${port}`,
      ca: authority.cert,
      ...(token === undefined ? { cert: client.cert, key: client.key } : { token }),
    },
    open,
    get connections() {
      return connections
    },
    async [Symbol.asyncDispose]() {
      for (const socket of [...open, ...accepted]) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** Serves a fake API server. */
export function serveApi(identity: Identity, api: FakeApiServer): Promise<HttpsServer> {
  return listenHttps(identity, (incoming, outgoing) => {
    respond(api, incoming, outgoing).catch(() => outgoing.destroy())
  })
}

async function respond(api: FakeApiServer, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const url = new URL(incoming.url ?? '/', 'https://host')
  const chunks: Uint8Array[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  const answer = api.handle({
    method: incoming.method ?? 'GET',
    path: decodeURIComponent(url.pathname),
    query: url.searchParams,
    contentType: incoming.headers['content-type'] ?? '',
    body: text === '' ? undefined : JSON.parse(text),
  })
  if (answer === 'hang') return
  if (answer === 'reset') {
    incoming.socket.destroy()
    return
  }
  await write(answer, outgoing)
}

async function write(answer: Exclude<ApiAnswer, string>, outgoing: ServerResponse): Promise<void> {
  if ('stream' in answer) {
    outgoing.writeHead(200, { 'content-type': 'text/plain' })
    await pipeline(answer.stream, outgoing)
    return
  }
  if (!('watch' in answer)) {
    const text = typeof answer.body === 'string'
    outgoing.writeHead(answer.status, {
      'content-type': text ? 'text/plain; charset=utf-8' : 'application/json',
      ...answer.headers,
    })
    outgoing.end(text ? answer.body : JSON.stringify(answer.body))
    return
  }
  const { watch } = answer
  outgoing.on('close', watch.close)
  outgoing.writeHead(200, { 'content-type': 'application/json' })
  outgoing.flushHeaders()
  for await (const chunk of watch.chunks()) outgoing.write(chunk)
  outgoing.end()
}
