import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { issueCertificate } from '../api/http/certificates.ts'
import { startGateway } from './gateway.ts'
import { eventually, image, kubectlPath, leftovers, prefix } from './tools.ts'

const run = promisify(execFile)
const name = `${prefix}proxy`

describe('kubectl through the gateway', { concurrency: false }, () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>
  let folder: string
  let program: string
  let token: string
  const children: ChildProcess[] = []

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'kgtest-'))
    const { ca, cert, key } = await issueCertificate()
    const file = (of: string) => path.join(folder, of)
    await Promise.all([writeFile(file('ca'), ca), writeFile(file('cert'), cert), writeFile(file('key'), key)])
    await writeFile(file('web.yaml'), manifest)
    program = await kubectlPath()
    const environment = { NODE_IMAGE: image, TLS_CERT: file('cert'), TLS_KEY: file('key') }
    gateway = await startGateway({ environment, ca })
    token = (await readFile(path.join(gateway.dataDir, 'admin.token'), 'utf8')).trim()
    await gateway.call('POST', '/api/v1/users', { body: { name: 'eve' }, status: 201 })
    await gateway.call('POST', '/api/v1/clusters', {
      body: { name, nodes: 1 },
      headers: { prefer: 'wait=300' },
      status: 200,
    })
  })
  after(async () => {
    for (const child of children) child.kill('SIGKILL')
    await gateway?.call('DELETE', `/api/v1/clusters/${name}`, { headers: { prefer: 'wait=120' } })
    await gateway?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
    assert.deepEqual(await leftovers(name), [])
  })

  async function tokenOf(user: string): Promise<string> {
    const made = await gateway.call('POST', `/api/v1/users/${user}/tokens`, { body: { name: 'kubectl' }, status: 201 })
    const { token }: { token: string } = JSON.parse(made.text)
    return token
  }
  const as = (whose: string) => [
    `--server=${gateway.url}/api/v1/clusters/${name}/proxy`,
    `--token=${whose}`,
    `--certificate-authority=${path.join(folder, 'ca')}`,
    `--cache-dir=${path.join(folder, 'cache')}`,
  ]
  const environment = { ...process.env, KUBECONFIG: '/dev/null' }
  const k = async (...args: string[]) =>
    (await run(program, [...as(token), ...args], { env: environment, timeout: 60_000 })).stdout
  const begin = (command: string, args: string[], env = {}) => {
    const child = spawn(command, args, { env: { ...environment, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
    children.push(child)
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', chunk => {
        text += chunk
      })
    return { child, text: () => text }
  }
  const shows = (what: string, of: { text(): string }, pattern: RegExp) =>
    eventually(`${what} in ${JSON.stringify(of.text())}`, async () => pattern.exec(of.text()) ?? undefined, 60)

  test('apply, and get -w sees the pod appear', async () => {
    const watching = begin(program, [...as(token), 'get', 'pods', '-w'])
    await eventually('the service account', async () => (await k('get', 'serviceaccounts')).includes('default'), 60)
    assert.match(await k('apply', '-f', path.join(folder, 'web.yaml')), /pod\/web created/)
    assert.match(await k('apply', '-f', path.join(folder, 'web.yaml')), /pod\/web unchanged/)
    await shows('the pod', watching, /web +1\/1 +Running/)
    watching.child.kill()
  })

  test('logs -f shows lines as they come', async () => {
    const following = begin(program, [...as(token), 'logs', '-f', 'web'])
    await shows('the first line', following, /started/)
    await k('exec', 'web', '--', 'sh', '-c', 'echo said later >/proc/1/fd/1')
    await shows('the line', following, /said later/)
    following.child.kill()
  })

  for (const webSockets of ['true', 'false']) {
    test(`exec -i takes input and gives output and exit code, WebSockets: ${webSockets}`, async () => {
      const { child, text } = begin(
        program,
        [...as(token), 'exec', '-i', 'web', '--', 'sh', '-c', 'tr a-z A-Z; echo to stderr >&2; exit 3'],
        { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets },
      )
      child.stdin?.end('through the gateway\n')
      const [code] = await once(child, 'close')
      assert.match(text(), /THROUGH THE GATEWAY/)
      assert.match(text(), /to stderr/)
      assert.equal(code, 3, text())
    })
  }

  test('exec -it has a terminal', async () => {
    const command = [program, ...as(token), 'exec', '-it', 'web', '--', 'sh'].join(' ')
    const terminal = begin('script', ['-qec', command, '/dev/null'])
    await shows('the prompt', terminal, /# /)
    terminal.child.stdin.write('tty; echo is $((40 + 2))\n')
    await shows('the terminal', terminal, /\/dev\/pts\/\d+\r\nis 42/)
    terminal.child.stdin.write('exit 5\n')
    const [code] = await once(terminal.child, 'exit')
    assert.equal(code, 5)
  })

  test('port-forward carries HTTP, one connection after another', async () => {
    const forward = begin(program, [...as(token), 'port-forward', 'pod/web', ':8080'])
    const [, port] = await shows('the port', forward, /127\.0\.0\.1:(\d+) -> 8080/)
    for (let times = 0; times < 3; times += 1) {
      const response = await fetch(`http://127.0.0.1:${port}/`, {
        headers: { connection: 'close' },
        signal: AbortSignal.timeout(10_000),
      })
      assert.equal((await response.text()).trim(), 'hello from a pod')
    }
    forward.child.kill()
  })

  test("another user's token finds no such cluster, a wrong one is turned away", async () => {
    const eve = await tokenOf('eve')
    const refused = async (whose: string) =>
      run(program, [...as(whose), 'get', '--raw', '/api/v1/pods'], { env: environment }).then(
        () => assert.fail('was let in'),
        (error: { stderr: string }) => error.stderr,
      )
    assert.match(await refused(eve), /NotFound|Forbidden/)
    assert.match(await refused('wrong'), /Unauthorized|You must be logged in|provide credentials/i)
  })

  test('delete', async () => {
    assert.match(await k('delete', 'pod', 'web'), /pod "web" deleted/)
    assert.equal((await k('get', 'pods', '-o', 'name')).trim(), '')
  })

  test('what a stopped cluster is asked answers 503 with the reason within 5 s', async () => {
    const at = `/api/v1/clusters/${name}`
    await gateway.call('POST', `${at}/stop`, { headers: { prefer: 'wait=120' }, status: 200 })
    for (const where of [`${at}/proxy/api/v1/pods`, `${at}/namespaces/default/pods/web/log`]) {
      const began = Date.now()
      const { text } = await gateway.call('GET', where, { status: 503 })
      assert.match(text, /control plane|stopped|does not run/)
      assert.ok(Date.now() - began < 5000, where)
    }
    const began = Date.now()
    await assert.rejects(
      run(program, [...as(token), 'exec', 'web', '--', 'true'], { env: environment }),
      (error: { stderr: string }) => /control plane|stopped|does not run/.test(error.stderr),
    )
    assert.ok(Date.now() - began < 5000)
  })
})

const manifest = `
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: web
    image: docker.io/library/busybox:1.35
    imagePullPolicy: Never
    command: [sh, -c, "mkdir -p /www && echo hello from a pod >/www/index.html && echo started && exec httpd -f -p 8080 -h /www"]
    ports: [{containerPort: 8080}]
    readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
`
