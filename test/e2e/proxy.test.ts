import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { type Kubectl, startKubectl } from './kubectl.ts'
import { assertProtocol, usePods, v5 } from './pod-operations.ts'
import { clusterOf } from './resources.ts'
import { eventually, leftovers, prefix } from './tools.ts'

const run = promisify(execFile)
const name = `${prefix}proxy`

describe('kubectl through the gateway', { concurrency: false }, () => {
  let kubectl: Kubectl
  let gateway: Kubectl['gateway']

  before(async () => {
    kubectl = await startKubectl()
    gateway = kubectl.gateway
    await writeFile(path.join(kubectl.folder, 'web.yaml'), manifest)
    await gateway.call('POST', '/api/v1/users', { body: { name: 'eve' }, status: 201 })
    await gateway.call('POST', '/api/v1/clusters', {
      body: { name, nodes: 1 },
      headers: { prefer: 'wait=300' },
      status: 200,
    })
  })
  after(async () => {
    await gateway?.call('DELETE', `/api/v1/clusters/${name}`, { headers: { prefer: 'wait=120' } })
    await kubectl?.[Symbol.asyncDispose]()
    assert.deepEqual(await leftovers(name), [])
  })

  async function tokenOf(user: string): Promise<string> {
    const made = await gateway.call('POST', `/api/v1/users/${user}/tokens`, { body: { name: 'kubectl' }, status: 201 })
    const { token }: { token: string } = JSON.parse(made.text)
    return token
  }
  const as = (whose?: string) => kubectl.to(name, whose)
  const k = (...args: string[]) => kubectl.run(name, ...args)
  const begin: Kubectl['begin'] = (...of) => kubectl.begin(...of)
  const shows: Kubectl['shows'] = (...of) => kubectl.shows(...of)

  test('apply, and get -w sees the pod appear', async () => {
    const watching = begin(kubectl.program, [...as(), 'get', 'pods', '-w'])
    await eventually('the service account', async () => (await k('get', 'serviceaccounts')).includes('default'), 60)
    assert.match(await k('apply', '-f', path.join(kubectl.folder, 'web.yaml')), /pod\/web created/)
    assert.match(await k('apply', '-f', path.join(kubectl.folder, 'web.yaml')), /pod\/web unchanged/)
    await shows('the pod', watching, /web +1\/1 +Running/)
    watching.child.kill()
  })

  test('logs -f shows lines as they come', async () => {
    const following = begin(kubectl.program, [...as(), 'logs', '-f', 'web'])
    await shows('the first line', following, /started/)
    await k('exec', 'web', '--', 'sh', '-c', 'echo said later >/proc/1/fd/1')
    await shows('the line', following, /said later/)
    following.child.kill()
  })

  for (const webSockets of ['true', 'false']) {
    test(`exec -i takes input and gives output and exit code, WebSockets: ${webSockets}`, async () => {
      const { child, text } = begin(
        kubectl.program,
        [...as(), '-v=9', 'exec', '-i', 'web', '--', 'sh', '-c', 'tr a-z A-Z; echo to stderr >&2; exit 3'],
        { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets },
      )
      child.stdin.end('through the gateway\n')
      const [code] = await once(child, 'close')
      assert.match(text(), /THROUGH THE GATEWAY/)
      assert.match(text(), /to stderr/)
      assert.equal(code, 3, text())
      assertProtocol(text(), webSockets === 'true')
    })
  }

  test('exec -it has a terminal', async () => {
    const command = [kubectl.program, ...as(), 'exec', '-it', 'web', '--', 'sh'].join(' ')
    const terminal = begin('script', ['-qec', command, '/dev/null'])
    await shows('the prompt', terminal, /# /)
    terminal.child.stdin.write('tty; echo is $((40 + 2))\n')
    await shows('the terminal', terminal, /\/dev\/pts\/\d+\r\nis 42/)
    terminal.child.stdin.write('exit 5\n')
    const [code] = await once(terminal.child, 'exit')
    assert.equal(code, 5)
  })

  test('port-forward carries HTTP, one connection after another', async () => {
    const forward = begin(kubectl.program, [...as(), 'port-forward', 'pod/web', ':8080'])
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
      run(kubectl.program, [...as(whose), 'get', '--raw', '/api/v1/pods'], { env: kubectl.environment }).then(
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

  describe('the same cluster, imported', () => {
    const far = `${name}-far`

    async function useImport(kubeconfig: string): Promise<void> {
      await gateway.call('POST', '/api/v1/clusters', { body: { name: far, kubeconfig }, status: 202 })
      await eventually('its state', async () => (await clusterOf(gateway, far)).state === 'ready', 30)
      const uids = async (cluster: string) => {
        const { text } = await gateway.call('GET', `/api/v1/clusters/${cluster}/pods`, { status: 200 })
        const { items }: { items: { namespace: string; name: string }[] } = JSON.parse(text)
        return items.map(pod => `${pod.namespace}/${pod.name}`)
      }
      await eventually('the same pods', async () => {
        assert.deepEqual(await uids(far), await uids(name))
        return true
      })
      await usePods(kubectl, far, v5)
      await gateway.call('DELETE', `/api/v1/clusters/${far}`, { headers: { prefer: 'wait=10' }, status: 200 })
      await gateway.call('GET', `/api/v1/clusters/${far}/pods`, { status: 404 })
      assert.equal((await clusterOf(gateway, name)).state, 'ready')
      assert.match(await k('get', 'pods', '-A'), /coredns/)
    }

    test('by a client certificate: pods, logs, exec, attach and the way to its API; it outlives the import', async () => {
      const { text } = await gateway.call('GET', `/api/v1/clusters/${name}/kubeconfig`, { status: 200 })
      await useImport(text)
    })

    test("by a service account's token: the same", async () => {
      const { text } = await gateway.call('GET', `/api/v1/clusters/${name}/kubeconfig`, { status: 200 })
      const [, ca = ''] = /certificate-authority-data: (\S+)/.exec(text) ?? []
      const [, server = ''] = /server: (\S+)/.exec(text) ?? []
      await k('create', 'serviceaccount', 'far', '-n', 'kube-system')
      await k('create', 'clusterrolebinding', 'far', '--clusterrole=cluster-admin', '--serviceaccount=kube-system:far')
      const token = (await k('create', 'token', 'far', '-n', 'kube-system')).trim()
      await useImport(
        JSON.stringify({
          'current-context': 'far',
          contexts: [{ name: 'far', context: { cluster: 'far', user: 'far' } }],
          clusters: [{ name: 'far', cluster: { server, 'certificate-authority-data': ca } }],
          users: [{ name: 'far', user: { token } }],
        }),
      )
    })
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
      run(kubectl.program, [...as(), 'exec', 'web', '--', 'true'], { env: kubectl.environment }),
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
