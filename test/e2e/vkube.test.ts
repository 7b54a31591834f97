import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { type Gateway, startGateway } from './gateway.ts'
import { eventually, image, kubectl, leftovers, prefix } from './tools.ts'

const name = `${prefix}vkube`
const hostPort = 12_999
const base = '/api/v1/k8s'

test('an order is deployed, reached, watched and removed on a real cluster', { timeout: 900_000 }, async t => {
  await using gateway = await startGateway({ environment: { VKUBE_GRACE: '0' } })
  t.after(() =>
    gateway.call('DELETE', `/api/v1/clusters/${name}`, { headers: { prefer: 'wait=300' } }).catch(() => undefined),
  )
  await gateway.call('POST', '/api/v1/clusters', {
    body: { name, nodes: 1, region: 'ausrine', image },
    headers: { prefer: 'wait=600' },
    status: 200,
  })
  const kubeconfig = path.join(gateway.dataDir, 'kubeconfig')
  await writeFile(kubeconfig, (await gateway.call('GET', `/api/v1/clusters/${name}/kubeconfig`, { status: 200 })).text)
  const made: Made = read(
    await gateway.call('POST', '/api/v1/orders', {
      body: { resourceUnit: '2-Unit-Resource', duration: 1 },
      status: 201,
    }),
  )
  const { id } = made.order
  const client = clientOf(gateway, made.secret)

  await t.test('regions and ports', async () => {
    await eventually('the region', async () => (await client.get('/regions')).text === '["ausrine"]', 60)
    // A node can be ready a moment before its kubelet listens.
    const check = await eventually('the ports of the kubelet and the API server', async () => {
      const answer = read<{ occupied: number[] }>(
        await client.post('/checkports', { region: 'ausrine', ports: [hostPort, 10250, 6443] }),
      )
      return answer.occupied.length === 2 && answer
    })
    assert.deepEqual(check, { status: 'PortsOccupied', occupied: [10250, 6443] })
    const free = read(await client.post('/checkports', { region: 'ausrine', ports: [hostPort] }))
    assert.deepEqual(free, { status: 'NotOccupied', occupied: [] })
    const none = read(await client.post('/checkports', { region: 'giltine', ports: [hostPort] }))
    assert.deepEqual(none, { status: 'NoResource', occupied: [] })
  })

  await t.test('more memory than the order has is refused, with both figures', async () => {
    const refused = await client.post('/deploy', deployment('3Gi'), 403)
    assert.match(refused.text, /"code":403.*3Gi.*2Gi/)
  })

  await t.test('a deployment runs, is reached at hostIP:hostPort, and has a log', async () => {
    const deployed = read(await client.post('/deploy', deployment('100Mi')))
    assert.deepEqual(deployed, {
      name: id,
      region: 'ausrine',
      ports: [{ containerPort: 8080, hostPort, protocol: 'TCP' }],
      status: `${base}/pod/status`,
    })
    const { podStatus } = await eventually('the pod to run', async () => running(await client.get('/pod/status')), 180)
    const answer = await eventually(
      'the page',
      async () => fetchText(`http://${podStatus.hostIP}:${hostPort}/hello`),
      60,
    )
    assert.equal(answer.trim(), 'hello from the pod')
    const log: string = await eventually('the log', async () => {
      const text: string = read(await client.get('/pod/log'))
      return text.includes('started') && text
    })
    assert.match(log, /^started with 42\n/)
    const stream = await fetch(new URL(`${base}/pod/logs`, gateway.url), { headers: { secret: made.secret } })
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
    assert.match((await reader?.read())?.value ?? '', /^event:message\ndata:started with 42\n\n/)
    await reader?.cancel()
    const occupied = read(await client.post('/checkports', { region: 'ausrine', ports: [hostPort] }))
    assert.deepEqual(occupied, { status: 'PortsOccupied', occupied: [hostPort] })
    assert.equal(read<{ status: string }>(await client.get('/order')).status, 'ServiceRunning')
  })

  await t.test('the pod has the rights, limits and surroundings that were promised', async () => {
    const get = (...args: string[]) => kubectl(kubeconfig, '-n', `order-${id}`, ...args)
    const exec = (...command: string[]) => get('exec', `deploy/${id}`, '--', ...command)
    assert.match(await exec('cat', '/etc/app.conf'), /^a: 1$/)
    assert.match(await exec('grep', 'NoNewPrivs', '/proc/self/status'), /1$/)
    await assert.rejects(exec('ls', '/var/run/secrets/kubernetes.io'))
    assert.equal(await get('get', 'resourcequota', 'order', '-o', 'jsonpath={.spec.hard.limits\\.memory}'), '2Gi')
    assert.equal(await get('get', 'networkpolicy', 'order', '-o', 'name'), 'networkpolicy.networking.k8s.io/order')
  })

  await t.test('deploying again replaces; restart makes the pod anew; stop and start', async () => {
    const before: { name: string } = read(await client.get('/pod/status'))
    await client.post('/deploy', { containers: [{ ...deployment('64Mi').containers[0], name: 'other' }] })
    const after = await eventually(
      'the next pod',
      async () => running(await client.get('/pod/status'), before.name),
      180,
    )
    assert.deepEqual(
      after.podSpec.containers.map(container => container.name),
      ['other'],
    )
    await client.post('/pod/restart', undefined)
    const third = await eventually(
      'the pod after that',
      async () => running(await client.get('/pod/status'), after.name),
      180,
    )
    await client.post('/pod/stop', undefined)
    await eventually('no pod', async () => (await client.get('/pod/status')).text === '{}', 120)
    await client.post('/pod/start', undefined)
    await eventually('a pod again', async () => running(await client.get('/pod/status'), third.name), 180)
  })

  await t.test('what somebody removes comes back, also when the gateway was killed meanwhile', async () => {
    const { name }: Status = read(await client.get('/pod/status'))
    await gateway.kill()
    await kubectl(kubeconfig, 'delete', 'namespace', `order-${id}`, '--wait=false')
    await gateway.restart()
    // Backoff grows to 30 s while the namespace is on its way out.
    await eventually('the pod', async () => running(await client.get('/pod/status'), name), 240)
  })

  await t.test('the order’s end ends its pod', async () => {
    await gateway.call('PATCH', `/api/v1/orders/${id}`, { body: { expired: true }, status: 200 })
    assert.match((await client.get('/order', 403)).text, /expired/)
    await eventually('the namespace to go', async () => !(await namespaces(kubeconfig)).includes(`order-${id}`), 120)
    await gateway.call('DELETE', `/api/v1/orders/${id}`, { status: 202 })
    await eventually(
      'the order to go',
      async () => (await gateway.call('GET', `/api/v1/orders/${id}`)).status === 404,
      30,
    )
  })

  await gateway.call('DELETE', `/api/v1/clusters/${name}`, { headers: { prefer: 'wait=300' }, status: 200 })
  assert.deepEqual(await leftovers(name), [])
})

interface Made {
  order: { id: string }
  secret: string
}

interface Status {
  name: string
  podStatus: { phase: string; hostIP: string; containerStatuses?: { ready: boolean }[] }
  podSpec: { containers: { name: string }[] }
}

function deployment(memory: string) {
  return {
    nodeSelector: { region: 'ausrine' },
    containers: [
      {
        name: 'web',
        imageName: 'busybox:1.35',
        ports: [{ containerPort: 8080, hostPort }],
        resource: { memory },
        command: '/bin/sh\n-c',
        args: 'echo "started with $ANSWER"; mkdir -p /tmp/w; echo hello from the pod >/tmp/w/hello; httpd -p 8080 -h /tmp/w; trap "exit 0" TERM; while :; do sleep 1 & wait $!; done',
        envs: [{ name: 'ANSWER', value: '42' }],
        configMountPath: '/etc/app.conf',
        config: 'a: 1',
      },
    ],
  }
}

/** What a V-Kube client does: a secret, and no word on what the body is. */
function clientOf(gateway: Gateway, secret: string) {
  const ask = async (method: string, where: string, body: unknown, status: number) => {
    const response = await fetch(new URL(`${base}${where}`, gateway.url), {
      method,
      headers: { secret },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    assert.equal(response.status, status, `${method} ${where}: ${text}`)
    return { text }
  }
  return {
    get: (where: string, status = 200) => ask('GET', where, undefined, status),
    post: (where: string, body: unknown, status = 200) => ask('POST', where, body, status),
  }
}

function read<T>({ text }: { text: string }): T {
  return JSON.parse(text)
}

/** The status of a pod that runs and is ready, another one than `before`. */
function running(answer: { text: string }, before?: string): Status | undefined {
  const status: Partial<Status> = read(answer)
  const { name, podStatus, podSpec } = status
  const ready = podStatus?.phase === 'Running' && podStatus.containerStatuses?.every(container => container.ready)
  return ready && name !== undefined && name !== before && podSpec ? { name, podStatus, podSpec } : undefined
}

async function fetchText(url: string): Promise<string | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
  return response.ok ? response.text() : undefined
}

async function namespaces(kubeconfig: string): Promise<string[]> {
  return (await kubectl(kubeconfig, 'get', 'namespaces', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ')
}
