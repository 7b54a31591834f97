import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import path from 'node:path'
import { issueCertificate } from '../../api/http/certificates.ts'

export interface HttpsGit {
  /** `https://127.0.0.1:port` */
  origin: string
  /** The file with the authority that its certificate is of. */
  ca: string
  /** What was asked for, `GET /demo.git/info/refs`. */
  asked: string[]
}

export interface Site {
  /** Where bare repositories are; `git http-backend` serves them. */
  root: string
  /** Answers what it returns true for in place of git. */
  instead?(request: IncomingMessage, answer: ServerResponse): boolean
}

/** One for all: who trusts one server trusts the others, and only does not go there. */
let certificate: ReturnType<typeof issueCertificate> | undefined

/** Git repositories over TLS on loopback, by a certificate of an authority that nobody knows. */
export async function serveGit(t: { after(work: () => Promise<void>): void }, site: Site): Promise<HttpsGit> {
  certificate ??= issueCertificate()
  const { ca, cert, key } = await certificate
  const file = path.join(site.root, `${Date.now()}-ca.pem`)
  await writeFile(file, ca)
  const asked: string[] = []
  const server = createServer({ cert, key }, (request, answer) => {
    asked.push(`${request.method} ${request.url?.split('?')[0]}`)
    if (!site.instead?.(request, answer)) backend(site.root, request, answer)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { origin: `https://127.0.0.1:${port}`, ca: file, asked }
}

/** CGI, as git-http-backend(1) has it. */
function backend(root: string, request: IncomingMessage, answer: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '/', 'https://x.example')
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      PATH: process.env.PATH,
      HOME: root,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REQUEST_METHOD: request.method,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
      ...(request.headers['content-length'] ? { CONTENT_LENGTH: request.headers['content-length'] } : {}),
    },
  })
  child.stdin.on('error', () => undefined)
  request.pipe(child.stdin)
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.once('close', () => {
    const whole = Buffer.concat(chunks)
    const end = whole.indexOf('\r\n\r\n')
    const head = whole.subarray(0, end).toString('latin1').split('\r\n')
    const headers = head.map(line => line.split(/: (.*)/s)).map(([name = '', value = '']) => [name, value] as const)
    const status = Number.parseInt(headers.find(([name]) => name === 'Status')?.[1] ?? '200', 10)
    answer.writeHead(status, Object.fromEntries(headers.filter(([name]) => name !== 'Status')))
    answer.end(whole.subarray(end + 4))
  })
}
