import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { before, type TestContext, test } from 'node:test'
import { createPassage } from '../../../src/drivers/kubernetes/passage.ts'
import { createIdentity, type Identity, listenHttps } from '../../drivers/kubernetes/support/https-server.ts'
import { tokens } from '../../support/engine.ts'
import { fixed, issueCertificate } from '../http/certificates.ts'
import { setUp, until } from '../support.ts'

const proxy = '/api/v1/clusters/alex/proxy'
/** As an API server behind another proxy has. */
const prefix = '/k8s/c-1'
const authorization = `Bearer ${tokens.root}`
const spdy = { connection: 'Upgrade', upgrade: 'SPDY/3.1' }

let identity: Identity
before(async () => {
  identity = await createIdentity()
})

interface Cluster {
  handler?: (incoming: IncomingMessage, outgoing: ServerResponse) => void
  upgrade?: (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void
  token?: string
  /** What the gateway itself serves with. */
  certificate?: Awaited<ReturnType<typeof issueCertificate>>
}

/** A gateway that passes on to a cluster which does as told; what it was asked is kept. */
async function withCluster(t: TestContext, { handler, upgrade, token, certificate }: Cluster = {}) {
  const asked: IncomingMessage[] = []
  const cluster = await listenHttps(
    identity,
    (incoming, outgoing) => {
      asked.push(incoming)
      if (handler) handler(incoming, outgoing)
      else outgoing.end('ok')
    },
    {
      ...(token === undefined ? {} : { token }),
      ...(upgrade && {
        upgrade: (incoming, socket, head) => {
          asked.push(incoming)
          upgrade(incoming, socket, head)
        },
      }),
    },
  )
  const passage = createPassage({ ...cluster.credentials, server: cluster.credentials.server + prefix })
  t.after(async () => {
    passage.close()
    await cluster[Symbol.asyncDispose]()
  })
  const harness = await setUp(t, certificate ? { server: { certificate: fixed(certificate) } } : {})
  harness.engine.putCluster('alex')
  harness.engine.pods.passage = async () => passage
  return { ...harness, cluster, asked, port: await harness.listen() }
}

/** Opens a connection, sends a request as it is given, and keeps what comes back. */
function speak(t: TestContext, port: number, lines: string[]) {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', chunk => {
    text += chunk
  })
  socket.on('error', () => undefined)
  t.after(() => {
    socket.destroy()
  })
  socket.write(`${[...lines, `Host: 127.0.0.1:${port}`, `Authorization: ${authorization}`].join('\r\n')}\r\n\r\n`)
  return { socket, text: () => text }
}

for (const token of [undefined, 'a-token-of-the-cluster']) {
  test(`the gateway's credential goes to the cluster, the caller's does not: ${token ? 'token' : 'certificate'}`, async t => {
    const { asked, port } = await withCluster(t, {
      ...(token === undefined ? {} : { token }),
      upgrade: (_incoming, socket) => {
        socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n')
      },
    })
    const secret = {
      authorization,
      cookie: 'kindgate=secret',
      'proxy-authorization': 'Basic c2VjcmV0',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-client-cert': 'secret',
      'x-remote-user': 'system:admin',
      'x-remote-group': 'system:masters',
      'x-remote-extra-scopes': 'all',
      connection: 'x-hop',
      'x-hop': 'secret',
    }
    const kept = { accept: 'application/json;as=Table', 'x-kept': 'yes' }
    const answer = await fetchOver(port, `${proxy}/api/v1/pods?limit=5`, { ...secret, ...kept })
    assert.equal(answer.status, 200)
    const { 'x-hop': _hop, connection: _connection, ...other } = secret
    const upgraded = httpRequest({ port, path: `${proxy}/exec`, headers: { ...other, ...kept, ...spdy } }).end()
    const [, socket]: [IncomingMessage, Socket] = await once(upgraded, 'upgrade').then(([first, second]) => [
      first,
      second,
    ])
    socket.destroy()

    assert.deepEqual(
      asked.map(({ url }) => url),
      [`${prefix}/api/v1/pods?limit=5`, `${prefix}/exec`],
    )
    for (const { headers } of asked) {
      assert.equal(headers.authorization, token && `Bearer ${token}`)
      assert.equal(headers['x-kept'], 'yes')
      for (const name of Object.keys(secret).filter(each => each !== 'authorization' && each !== 'connection'))
        assert.equal(headers[name], undefined, name)
      assert.ok(!JSON.stringify(headers).includes(tokens.root))
    }
  })
}

test("the gateway's token opens WebSockets, too", async t => {
  const { cluster, asked } = await withCluster(t, {
    token: 'a-token-of-the-cluster',
    upgrade: (_incoming, socket) => {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    },
  })
  const passage = createPassage(cluster.credentials)
  t.after(() => passage.close())
  await assert.rejects(passage.webSocket('/exec', ['v5.channel.k8s.io'], new AbortController().signal))
  assert.equal(asked[0]?.headers.authorization, 'Bearer a-token-of-the-cluster')
})

for (const header of ['impersonate-user', 'Impersonate-Group', 'impersonate-extra-scopes']) {
  test(`${header} is refused, and nothing goes to the cluster`, async t => {
    const { asked, port } = await withCluster(t)
    const plain = await fetchOver(port, `${proxy}/api`, { authorization, [header]: 'system:admin' })
    const upgrade = await fetchOver(port, `${proxy}/api`, { authorization, ...spdy, [header]: 'system:admin' })
    for (const { status, text } of [plain, upgrade]) {
      assert.equal(status, 403)
      assert.match(text, /"reason":"Forbidden"/)
    }
    assert.equal(asked.length, 0)
  })
}

for (const path of [
  '/../../secret',
  '/api/../../../secret',
  '/%2e%2e/%2e%2e/secret',
  '/%2E./.%2e/secret',
  '/api/%252e%252e/%252e%252e/secret',
  '/..%2f..%2fsecret',
  '/..\\..\\secret',
  '/api/..;/secret',
  '//other.example/secret',
  '//../secret',
  '/\\other.example/secret',
  '@other.example/secret',
  '/.',
]) {
  test(`${path} does not leave the cluster's API`, async t => {
    const { asked, port } = await withCluster(t)
    for (const more of [[], ['Connection: Upgrade', 'Upgrade: SPDY/3.1']]) {
      const { socket, text } = speak(t, port, [
        `GET ${proxy}${path} HTTP/1.1`,
        ...more,
        ...(more[0] ? [] : ['Connection: close']),
      ])
      await once(socket, 'close')
      assert.match(text(), /^HTTP\/1\.1 (200|400|404) /)
    }
    for (const { url = '', headers } of asked) {
      assert.ok(url.startsWith(`${prefix}/`), url)
      assert.ok(new URL(url, 'https://cluster').pathname.startsWith(`${prefix}/`), url)
      assert.match(headers.host ?? '', /^127\.0\.0\.1:/)
    }
  })
}

test('a refused upgrade is answered, and nothing goes on over its connection (CVE-2018-1002105)', async t => {
  let received = ''
  const body = '{"kind":"Status","code":403}'
  const { cluster, asked, port } = await withCluster(t, {
    upgrade: (_incoming, socket, head) => {
      received += head.toString('latin1')
      socket.on('data', chunk => {
        received += chunk.toString('latin1')
      })
      // It leaves its connection open, as API servers did.
      socket.write(
        `HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      )
    },
  })
  const smuggled = 'GET /api/v1/secrets HTTP/1.1\r\nHost: cluster\r\n\r\n'
  const { socket, text } = speak(t, port, [`GET ${proxy}/exec HTTP/1.1`, 'Connection: Upgrade', 'Upgrade: SPDY/3.1'])
  socket.write(smuggled)
  socket.on('data', () => socket.write(smuggled))
  await once(socket, 'close')
  await until(() => cluster.open.size === 0)
  assert.match(text(), /^HTTP\/1\.1 403 Forbidden\r\n/)
  assert.equal(text().split('HTTP/1.1 ').length, 2, 'one answer')
  assert.ok(text().endsWith(body))
  assert.equal(received, '')
  assert.equal(asked.length, 1)
  assert.equal(cluster.connections, 1)
})

test('bodies above the limit of other routes are passed on', async t => {
  let size = 0
  const { port } = await withCluster(t, {
    handler: (incoming, outgoing) => {
      incoming.on('data', chunk => {
        size += chunk.length
      })
      incoming.on('end', () => outgoing.writeHead(201).end())
    },
  })
  const body = Buffer.alloc(5 * 1024 * 1024, 'x')
  const answer = await fetchOver(port, `${proxy}/api/v1/configmaps`, { authorization }, body)
  assert.equal(answer.status, 201)
  assert.equal(size, body.length)
})

test('what comes over HTTP/2 is passed on, its body of unknown length too', async t => {
  const certificate = await issueCertificate()
  const { asked, port } = await withCluster(t, {
    certificate,
    handler: (incoming, outgoing) => void incoming.pipe(outgoing),
  })
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: certificate.ca })
  t.after(() => session.destroy())
  const path = `${proxy}/api/v1/pods`
  const posted = session.request({ ':method': 'POST', ':path': path, authorization, 'x-remote-user': 'admin' })
  posted.end('a pod')
  const [headers] = await once(posted, 'response')
  assert.equal(headers[':status'], 200)
  assert.equal(await text(posted), 'a pod')
  assert.equal(asked[0]?.url, `${prefix}/api/v1/pods`)
  assert.ok(!Object.keys(asked[0].headers).some(name => name.startsWith(':') || name === 'x-remote-user'))
  const listed = session.request({ ':path': path, authorization })
  const [answer] = await once(listed, 'response')
  assert.equal(answer[':status'], 200)
})

test('a caller that goes away ends the request at the cluster', async t => {
  const { asked, cluster, port } = await withCluster(t, {
    handler: (_incoming, outgoing) => {
      outgoing.flushHeaders()
    },
  })
  const { socket, text } = speak(t, port, [`GET ${proxy}/api/v1/pods?watch=true HTTP/1.1`])
  await until(() => text().includes('200 OK'))
  assert.equal(cluster.open.size, 1)
  socket.destroy()
  await until(() => cluster.open.size === 0)
  assert.equal(asked.length, 1)
})

test('a caller that goes away before there is an answer does so, too', async t => {
  const { asked, cluster, port } = await withCluster(t, { handler: () => undefined })
  const { socket } = speak(t, port, [`GET ${proxy}/api/v1/pods HTTP/1.1`])
  await until(() => asked.length === 1)
  socket.destroy()
  await until(() => cluster.open.size === 0)
})

test('a log that nobody reads is not read ahead', async t => {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const most = 256 * 1024 * 1024
  let sent = 0
  const { port } = await withCluster(t, {
    handler: (_incoming, outgoing) => {
      const write = () => {
        do sent += chunk.length
        while (outgoing.write(chunk) && sent < most)
        if (sent < most) outgoing.once('drain', write)
      }
      write()
    },
  })
  const { socket, text } = speak(t, port, [`GET ${proxy}/api/v1/namespaces/default/pods/web/log?follow=true HTTP/1.1`])
  await until(() => text().includes('200 OK'))
  socket.pause()
  let [before, quiet] = [-1, 0]
  await until(() => {
    quiet = sent > 0 && sent === before ? quiet + 1 : 0
    before = sent
    return quiet > 5000
  })
  // What the kernel's buffers of two connections take.
  const held = sent
  assert.ok(held < 64 * 1024 * 1024, `${held} bytes`)
  socket.resume()
  await until(() => sent > held)
})

async function fetchOver(port: number, path: string, headers: Record<string, string>, body?: Buffer) {
  const request = httpRequest({ port, path, headers, method: body ? 'POST' : 'GET' }).end(body)
  const [answer]: [IncomingMessage] = await once(request, 'response').then(([first]) => [first])
  return { status: answer.statusCode, text: await text(answer) }
}
