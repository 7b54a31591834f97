import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startGateway } from './gateway.ts'
import { clusterOf, nodesOf, operationOf } from './resources.ts'
import { docker, eventually, image, kubectl, leftovers, prefix, restartDocker, volumes } from './tools.ts'

const name = `${prefix}life`

describe('the life of a cluster', { concurrency: false }, () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>
  let kubeconfig: string
  let volumesBefore: Set<string>

  before(async () => {
    volumesBefore = await volumes()
    gateway = await startGateway({ environment: { NODE_IMAGE: image } })
    kubeconfig = path.join(gateway.dataDir, 'kubeconfig')
  })
  after(async () => {
    await gateway?.call('DELETE', `/api/v1/clusters/${name}`, { headers: { prefer: 'wait=120' } })
    await gateway?.[Symbol.asyncDispose]()
  })

  const cluster = () => clusterOf(gateway, name)
  const workers = async () => (await nodesOf(gateway, name)).filter(node => node.role === 'worker')
  const k = (...args: string[]) => kubectl(kubeconfig, ...args)
  /** Runs a command to its end; fails with the operation's own words. */
  const done = async (method: string, where: string, body?: unknown) => {
    const answer = await gateway.call(method, where, { body, headers: { prefer: 'wait=300' }, status: 200 })
    const operation = operationOf(answer.json())
    assert.equal(operation.state, 'succeeded', answer.text)
    return operation
  }

  test('one POST makes three ready nodes, and tells its steps', async () => {
    const operation = await done('POST', '/api/v1/clusters', { name })
    assert.ok(operation.steps.length >= 7)
    assert.ok(operation.steps.every(step => step.state === 'succeeded'))
    const { state, readyNodes, kubernetesVersion, imageDigest } = await cluster()
    assert.deepEqual({ state, readyNodes }, { state: 'ready', readyNodes: 3 })
    assert.equal(kubernetesVersion, image.split(':')[1])
    assert.match(imageDigest ?? '', /sha256:[0-9a-f]{64}$/)
  })

  test('kubectl works with the kubeconfig, from the host', async () => {
    const { text } = await gateway.call('GET', `/api/v1/clusters/${name}/kubeconfig`, { status: 200 })
    await writeFile(kubeconfig, text, { mode: 0o600 })
    assert.equal(await k('config', 'current-context'), `kind-${name}`)
    const ready = await k('get', 'nodes', '-o', 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}')
    assert.equal(ready, 'True True True')
    const names = (await nodesOf(gateway, name)).map(node => node.name).toSorted()
    assert.deepEqual(
      (await k('get', 'nodes', '-o', 'name')).split('\n').toSorted(),
      names.map(each => `node/${each}`),
    )
    assert.match(names.join(' '), /^control-[0-9a-f]{8}\.localhost node-[0-9a-f]{8}\.localhost node-/)
  })

  test('a workload runs and is reached through its service and a node port', async () => {
    await writeFile(path.join(gateway.dataDir, 'web.yaml'), web)
    await k('apply', '-f', path.join(gateway.dataDir, 'web.yaml'))
    await k('rollout', 'status', 'deployment/web', '--timeout=90s')
    const port = await k('get', 'service', 'web', '-o', 'jsonpath={.spec.ports[0].nodePort}')
    const [worker] = await workers()
    assert.equal(await eventually('the page', () => page(`http://${worker?.address}:${port}/`)), 'hello from a pod')
  })

  test('scaling up adds a worker that takes pods; scaling down drains the newest one', async () => {
    await done('PATCH', `/api/v1/clusters/${name}`, { nodes: 4 })
    assert.equal((await cluster()).readyNodes, 4)
    await k('scale', 'deployment/web', '--replicas=6')
    await k('rollout', 'status', 'deployment/web', '--timeout=90s')
    await done('PATCH', `/api/v1/clusters/${name}`, { nodes: 3 })
    assert.equal((await k('get', 'nodes', '-o', 'name')).split('\n').length, 3)
    await k('rollout', 'status', 'deployment/web', '--timeout=90s')
    assert.equal((await nodesOf(gateway, name)).length, 3)
  })

  test('processes and threads of a node are listed', async () => {
    const [worker] = await workers()
    const answer = await gateway.call('GET', `/api/v1/nodes/${worker?.name}/processes`, { status: 200 })
    assert.match(answer.text, /"command":"kubelet"/)
    assert.match(answer.text, /"command":"containerd"/)
  })

  test('a cluster that is stopped and started is the same one: addresses, kubeconfig, workload', async () => {
    const before = await nodesOf(gateway, name)
    await done('POST', `/api/v1/clusters/${name}/stop`)
    assert.equal((await cluster()).state, 'stopped')
    assert.deepEqual(
      (await nodesOf(gateway, name)).map(node => node.state),
      ['exited', 'exited', 'exited'],
    )
    await done('POST', `/api/v1/clusters/${name}/start`)
    assert.equal((await cluster()).state, 'ready')
    const addresses = (nodes: { name: string; address: string | null }[]) =>
      nodes.map(node => `${node.name} ${node.address}`)
    assert.deepEqual(addresses(await nodesOf(gateway, name)), addresses(before))
    await k('rollout', 'status', 'deployment/web', '--timeout=120s')
  })

  test('a node that somebody stops makes the cluster degraded by name, until it is started', async () => {
    const [worker] = await workers()
    assert.ok(worker)
    await docker('stop', '-t', '10', worker.name)
    const degraded = await eventually('degraded', async () => {
      const seen = await cluster()
      return seen.state === 'degraded' && seen
    })
    assert.match(degraded.message, new RegExp(worker.name))
    await done('POST', `/api/v1/nodes/${worker.name}/start`)
    assert.equal((await cluster()).state, 'ready')
  })

  test('a worker that somebody removes is made again', async () => {
    const [worker] = await workers()
    assert.ok(worker)
    await docker('rm', '-f', '-v', worker.name)
    await eventually('degraded', async () => (await cluster()).state === 'degraded')
    await eventually('ready again', async () => (await cluster()).state === 'ready', 180)
    const [again] = (await workers()).filter(node => node.name === worker.name)
    assert.equal(again?.address, worker.address)
    assert.notEqual(again?.containerId, worker.containerId)
  })

  test('a restart of the Docker daemon: lists answer and say they are stale, then all is ready again', async () => {
    await restartDocker(async () => {
      await eventually(
        'stale',
        async () => /"stale":true/.test((await gateway.call('GET', '/api/v1/clusters', { status: 200 })).text),
        30,
      )
    })
    await eventually(
      'fresh',
      async () => !/"stale":true/.test((await gateway.call('GET', '/api/v1/clusters', { status: 200 })).text),
      30,
    )
    await eventually('ready', async () => (await cluster()).state === 'ready', 180)
    assert.match(await k('get', 'nodes'), / Ready /)
  })

  test('deleting leaves nothing behind: no container, network, volume or record', async () => {
    await done('DELETE', `/api/v1/clusters/${name}`)
    await gateway.call('GET', `/api/v1/clusters/${name}`, { status: 404 })
    assert.deepEqual(await nodesOf(gateway, name), [])
    assert.deepEqual(await leftovers(name), [])
    const left = [...(await volumes())].filter(volume => !volumesBefore.has(volume))
    assert.deepEqual(left, [])
  })
})

async function page(url: string): Promise<string | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
  return response.ok ? (await response.text()).trim() : undefined
}

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
      # The program is its pod's first process, which ignores SIGTERM.
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: docker.io/library/busybox:1.35
        imagePullPolicy: Never
        command: [sh, -c, "mkdir -p /www && echo hello from a pod >/www/index.html && exec httpd -f -p 8080 -h /www"]
        ports: [{containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
`
