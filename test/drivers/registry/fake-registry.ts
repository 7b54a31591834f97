import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { manifestType, type RegistryUnderTest } from './contract.ts'

export interface FakeRegistry extends RegistryUnderTest {
  /** What it was asked: `HEAD /v2/… Basic …`. */
  readonly asked: string[]
}

export interface FakeRegistryOptions {
  /** How it finds out who asks; nobody needs to say when absent. */
  auth?: 'basic' | 'bearer'
  /** Answers before the registry does; returns whether it did. */
  intercept?: (request: IncomingMessage, response: ServerResponse) => boolean
}

const credentials = { username: 'kgtest', password: 'right horse' }
const token = 'the-token'

/** As much of a registry as a client that only reads needs; its token service is under /token. */
export async function startFakeRegistry({ auth, intercept }: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const manifests = new Map<string, string>()
  const tags = new Map<string, string[]>()
  const asked: string[] = []

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { authorization = '' } = request.headers
    asked.push(`${request.method} ${request.url} ${authorization}`.trim())
    if (intercept?.(request, response)) return
    const url = new URL(request.url ?? '', `http://${host}`)
    if (url.pathname === '/token') giveToken(authorization, response)
    else if (auth && authorization !== expected[auth]) refuse(response)
    else read(request, url, response)
  }

  function read({ method }: IncomingMessage, url: URL, response: ServerResponse): void {
    const [, repository = '', kind, name = ''] = /^\/v2\/(.+)\/(manifests|tags)\/([^/]+)$/.exec(url.pathname) ?? []
    const manifest = manifests.get(`${repository}@${name}`)
    if (kind === 'tags') list(repository, url.searchParams, response)
    else if (manifest === undefined) response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
    else {
      response.writeHead(200, { 'content-type': manifestType, 'docker-content-digest': digestOf(manifest) })
      response.end(method === 'HEAD' ? undefined : manifest)
    }
  }

  function giveToken(authorization: string, response: ServerResponse): void {
    if (authorization !== expected.basic) response.writeHead(401).end()
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token }))
  }

  function refuse(response: ServerResponse): void {
    const challenge =
      auth === 'basic' ? 'Basic realm="fake"' : `Bearer realm="http://${host}/token",service="fake",scope="pull"`
    response.writeHead(401, { 'www-authenticate': challenge }).end()
  }

  function list(repository: string, query: URLSearchParams, response: ServerResponse): void {
    const all = tags.get(repository)
    const from = (all ?? []).indexOf(query.get('last') ?? '') + 1
    const page = all?.slice(from, from + 50)
    const link = `</v2/${repository}/tags/list?n=50&last=${page?.at(-1)}>; rel="next"`
    const more = all && from + 50 < all.length
    response.writeHead(page ? 200 : 404, { 'content-type': 'application/json', ...(more ? { link } : {}) })
    response.end(JSON.stringify(page ? { name: repository, tags: page } : { errors: [{ code: 'NAME_UNKNOWN' }] }))
  }

  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  return {
    host,
    asked,
    credentials: auth ? credentials : null,
    async push(repository, tag, manifest) {
      manifests.set(`${repository}@${tag}`, manifest).set(`${repository}@${digestOf(manifest)}`, manifest)
      tags.set(repository, [...(tags.get(repository) ?? []), tag])
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const expected = {
  basic: `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`,
  bearer: `Bearer ${token}`,
}

function digestOf(manifest: string): string {
  return `sha256:${createHash('sha256').update(manifest).digest('hex')}`
}
