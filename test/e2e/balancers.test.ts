import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Balancer, balancerSchema } from '../../src/engine/balancers/schema.ts'
import { startGateway } from './gateway.ts'
import { checked, nodesOf, operationOf } from './resources.ts'
import { eventually, image, kubectl, prefix } from './tools.ts'

const name = `${prefix}balance`
const pool = '127.77.31.0/30'

describe('load balancers', { concurrency: false }, () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>
  let kubeconfig: string
  let address: string

  before(async () => {
    gateway = await startGateway({ environment: { NODE_IMAGE: image, BALANCER: 'userspace' } })
    kubeconfig = path.join(gateway.dataDir, 'kubeconfig')
    await done('POST', '/api/v1/clusters', { name, nodes: 3 })
    const { text } = await gateway.call('GET', `/api/v1/clusters/${name}/kubeconfig`, { status: 200 })
    await writeFile(kubeconfig, text, { mode: 0o600 })
  })
  after(async () => {
    await gateway?.call('DELETE', `/api/v1/clusters/${name}`, { headers: { prefer: 'wait=120' } })
    await gateway?.[Symbol.asyncDispose]()
  })

  const k = (...args: string[]) => kubectl(kubeconfig, ...args)
  const done = async (method: string, where: string, body?: unknown) => {
    const answer = await gateway.call(method, where, { body, headers: { prefer: 'wait=300' }, status: 200 })
    assert.equal(operationOf(answer.json()).state, 'succeeded', answer.text)
  }
  const elements = async (service: string): Promise<Balancer[]> => {
    const query = service === '' ? 'vip=127.77.31.0' : `service=${service}`
    const answer = (await gateway.call('GET', `/api/v1/clusters/${name}/ipvs?${query}`, { status: 200 })).json()
    assert.ok(typeof answer === 'object' && answer !== null && 'items' in answer && Array.isArray(answer.items))
    return answer.items.map(item => checked(balancerSchema, item))
  }
  const page = async () => {
    const response = await fetch(`http://${address}/`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(10_000),
    })
    return response.ok ? (await response.text()).trim() : undefined
  }

  test('without a pool a balancer is pending; with one kubectl shows its external address', async () => {
    await writeFile(path.join(gateway.dataDir, 'web.yaml'), web)
    await k('apply', '-f', path.join(gateway.dataDir, 'web.yaml'))
    await eventually('pending', async () => (await elements('web'))[0]?.state === 'pending', 30)
    await gateway.call('POST', '/api/v1/networks', { body: { name: 'office', addresses: [pool] }, status: 201 })
    await k('rollout', 'status', 'deployment/web', '--timeout=90s')
    address = await eventually('an address', async () => (await elements('web'))[0]?.vip ?? undefined, 30)
    assert.match(address, /^127\.77\.31\.[0-3]$/)
    await eventually('EXTERNAL-IP', async () => (await k('get', 'service', 'web')).includes(address), 30)
    const all = await elements('web')
    assert.deepEqual(
      all.map(each => [each.state, each.driver]),
      all.map(() => ['ready', 'userspace']),
    )
    assert.equal(all.length, 3)
  })

  test('real HTTP goes through the address to a pod', async () => {
    assert.equal(await eventually('the page', page, 30), 'hello from a pod')
  })

  test("the cluster's API server answers at an address, too", async () => {
    const [api] = await elements('')
    assert.deepEqual([api?.vipPort, api?.state], [6443, 'ready'])
    const ready = await k(
      '--server',
      `https://${api?.vip}:6443`,
      '--tls-server-name',
      api?.node ?? '',
      'get',
      '--raw',
      '/readyz',
    )
    assert.equal(ready, 'ok')
  })

  test('it goes on while a node stops', async () => {
    const worker = (await nodesOf(gateway, name)).find(node => node.role === 'worker')
    assert.ok(worker)
    await done('POST', `/api/v1/nodes/${worker.name}/stop`)
    await eventually('two real servers', async () => (await elements('web')).length === 2, 30)
    assert.ok(!(await elements('web')).some(each => each.node === worker.name))
    assert.equal(await eventually('the page', page, 60), 'hello from a pod')
    await done('POST', `/api/v1/nodes/${worker.name}/start`)
    await eventually('three real servers', async () => (await elements('web')).length === 3, 60)
  })

  test('the address is kept when the gateway is killed and started again', async () => {
    await gateway.kill()
    await gateway.restart()
    await eventually(
      'ready',
      async () => (await elements('web')).filter(each => each.state === 'ready').length === 3,
      60,
    )
    assert.equal((await elements('web'))[0]?.vip, address)
    assert.equal(await eventually('the page', page, 30), 'hello from a pod')
  })

  test('the pool cannot go while it is in use; the address is free once the service is gone', async () => {
    const { text } = await gateway.call('DELETE', '/api/v1/networks/office', { status: 409 })
    assert.match(text, new RegExp(`${address} \\(${name}/default/web\\)`))
    await k('delete', 'service', 'web')
    await eventually('no real server', async () => (await elements('web')).length === 0, 30)
    await eventually(
      'nobody listens',
      async () =>
        page().then(
          () => false,
          () => true,
        ),
      30,
    )
    await done('DELETE', `/api/v1/clusters/${name}`)
    await gateway.call('DELETE', '/api/v1/networks/office', { status: 204 })
  })
})

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: docker.io/library/busybox:1.35
        imagePullPolicy: Never
        command: [sh, -c, "mkdir -p /www && echo hello from a pod >/www/index.html && exec httpd -f -p 8080 -h /www"]
        ports: [{containerPort: 8080}]
        readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: LoadBalancer
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
`
