import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { GatewayError, messageOf } from '../../../errors.ts'
import { principalOf } from '../../http/context.ts'
import { signalOf } from '../../http/lifecycle.ts'
import { toGatewayError } from '../../http/problems.ts'
import type { HttpServer } from '../../http/server.ts'
import { sendStream } from '../../http/streams.ts'
import { takeUpgrade } from '../../http/upgrades.ts'
import type { RestContext } from '../context.ts'
import { answerHeaders, passedHeaders, passedPath, rawHeaders } from '../passing.ts'

type Passage = Awaited<ReturnType<RestContext['engine']['pods']['passage']>>

const methods: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const upgradable = ['websocket', 'spdy/3.1']

/** A cluster's own API, passed through with the gateway's credential. Errors are Kubernetes Status objects, for kubectl. */
export function proxyRoutes(server: HttpServer, { engine }: RestContext): void {
  server.setErrorHandler(answerStatus)
  // Whatever the type, and however long: it is passed on as it comes.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined))
  const route = {
    config: { access: 'user' as const },
    schema: { hide: true },
    handler: async (request: FastifyRequest<{ Params: { name: string } }>, reply: FastifyReply) => {
      const { name } = request.params
      const path = passedPath(request.raw.url ?? '', name)
      const headers = passedHeaders(request.raw)
      const passage = await engine.pods.passage(principalOf(request), name)
      const pass = { request, reply, passage, path, headers, cluster: name }
      await (request.upgrade ? passUpgrade(pass) : passRequest(pass))
      return reply
    },
  }
  for (const url of ['/clusters/:name/proxy', '/clusters/:name/proxy/*'])
    server.route({ ...route, method: methods, url })
}

interface Pass {
  request: FastifyRequest
  reply: FastifyReply
  passage: Passage
  path: string
  headers: Record<string, string | string[]>
  cluster: string
}

async function passRequest({ request, reply, passage, path, headers, cluster }: Pass): Promise<void> {
  const { raw } = request
  const passed = { method: request.method, path, headers, body: hasBody(raw) ? raw : null }
  const answer = await passage
    .request(passed, signalOf(reply))
    .catch((error: unknown) => Promise.reject(outOfReach(error)))
  requireAccepted(answer.statusCode, () => answer.body.destroy())
  sendStream(request, reply, {
    status: answer.statusCode,
    headers: answerHeaders(answer.headers, cluster),
    body: answer.body,
  })
}

/** HTTP/2 need not say before that there is one. */
function hasBody({ headers, httpVersionMajor, method = 'GET' }: FastifyRequest['raw']): boolean {
  const length = headers['content-length']
  if (length !== undefined) return Number(length) > 0
  return headers['transfer-encoding'] !== undefined || (httpVersionMajor > 1 && !['GET', 'HEAD'].includes(method))
}

/** A refused upgrade is an answer like any other, and its connection ends with it (CVE-2018-1002105). */
async function passUpgrade({ request, reply, passage, path, headers, cluster }: Pass): Promise<void> {
  const { raw } = request
  const asked = await passage
    .upgrade(
      {
        method: request.method,
        path,
        headers: { ...headers, connection: 'Upgrade', upgrade: raw.headers.upgrade ?? '' },
      },
      signalOf(reply),
    )
    .catch((error: unknown) => Promise.reject(outOfReach(error)))
  const { answer } = asked
  if (asked.socket === null) {
    requireAccepted(answer.statusCode ?? 502, () => answer.destroy())
    sendStream(request, reply, {
      status: answer.statusCode ?? 502,
      headers: answerHeaders(answer.headers, cluster),
      body: Readable.from(answer),
    })
    return
  }
  const upstream = asked.socket
  const { socket, head } = takeUpgrade(request, reply, upgradable)
  const end = () => {
    socket.destroy()
    upstream.destroy()
  }
  signalOf(reply).addEventListener('abort', end, { once: true })
  for (const each of [socket, upstream]) each.once('close', end)
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${rawHeaders(answer.rawHeaders)}\r\n`)
  socket.write(asked.head)
  upstream.write(head)
  socket.pipe(upstream).pipe(socket)
}

/** The gateway's own credential is not the caller's to mend. */
function requireAccepted(status: number, drop: () => void): void {
  if (status !== 401) return
  drop()
  throw new GatewayError('Unavailable', "The cluster does not accept the gateway's credential.")
}

function outOfReach(error: unknown): GatewayError {
  return new GatewayError('Unavailable', `The cluster's API server cannot be reached: ${messageOf(error)}.`, {
    cause: error,
  })
}

function answerStatus(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const error = toGatewayError(thrown)
  if (error.code === 'Internal') request.log.error({ err: thrown }, 'unexpected error')
  if (error.code === 'Unauthorized') reply.header('www-authenticate', 'Bearer realm="kindgate"')
  reply
    .code(error.status)
    .type('application/json')
    .send({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: error.detail,
      reason: reasons[error.status] ?? 'InternalError',
      code: error.status,
    })
}

/** apimachinery: StatusReason. */
const reasons: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  503: 'ServiceUnavailable',
}
