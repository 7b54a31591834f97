import assert from 'node:assert/strict'
import { test } from 'node:test'
import { orderExample } from '../../../src/api/rest/examples/orders.ts'
import type { DeployRequest } from '../../../src/engine/orders/deploy.ts'
import { GatewayError } from '../../../src/errors.ts'
import { deployBody, errorOf, setUpVkube } from './support.ts'

test('both bases of the guide are served', async t => {
  const { ask } = await setUpVkube(t)
  for (const base of ['/api/v1/k8s', '/k8s']) assert.equal((await ask({ url: `${base}/order` })).statusCode, 200)
})

test('GET /regions: the names, or []', async t => {
  const { harness, ask } = await setUpVkube(t)
  assert.equal((await ask({ url: '/k8s/regions', secret: null })).body, '[]')
  harness.engine.orders.regions.list = () => ['region1', 'region2']
  assert.equal((await ask({ url: '/k8s/regions', secret: null })).body, '["region1","region2"]')
})

test('GET /images: every row of the guide, and a registry that does not answer', async t => {
  const { harness, ask } = await setUpVkube(t)
  const asked: unknown[] = []
  harness.engine.images.exists = async (image, credentials) => {
    asked.push([image, credentials])
    if (image === 'down:1') throw new GatewayError('BadGateway', 'the registry docker.io does not answer')
    return image !== 'nginx:none'
  }
  const check = (query: string, headers = {}) => ask({ url: `/k8s/images${query}`, secret: null, headers })
  const found = await check('?image=nginx&tag=stable')
  assert.deepEqual([found.statusCode, found.body], [200, '{"status":"OK"}'])
  assert.equal((await check('?image=nginx&tag=none')).body, '{"error":{"code":404,"message":"image does not exist."}}')
  const malformed = [
    '',
    '?image=nginx',
    '?tag=1',
    '?image=&tag=',
    '?image=a:1&tag=2',
    '?image=a&image=b&tag=1',
    '?image=NGINX&tag=1',
  ]
  for (const query of [...malformed, '?image=nginx&tag=a%20b', '?image=nginx&tag=1&more=1'])
    assert.equal(
      (await check(query)).body,
      '{"error":{"code":400,"message":"image format not allow.Format: image:tag"}}',
      query,
    )
  assert.match(errorOf(await check('?image=down&tag=1'), 502), /does not answer/)
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  await check('?image=ghcr.io/a/b&tag=1', { username: base64('ann'), password: base64('pass:word') })
  await check('?image=ghcr.io/a/b&tag=1', { username: '', password: '' })
  assert.deepEqual(asked.slice(-2), [
    ['ghcr.io/a/b:1', { username: 'ann', password: 'pass:word' }],
    ['ghcr.io/a/b:1', undefined],
  ])
})

test('POST /checkports: every row of the guide', async t => {
  const { harness, ask } = await setUpVkube(t)
  const check = (payload: object) => ask({ method: 'POST', url: '/k8s/checkports', secret: null, payload })
  const example = { region: 'ausrine', ports: [22, 3306, 1234, 1111] }
  assert.deepEqual((await check(example)).json(), { occupied: [], status: 'NoResource' })
  harness.engine.orders.regions.occupied = async (_region, ports) => ({
    status: 'PortsOccupied',
    occupied: ports.slice(0, 2),
  })
  assert.deepEqual((await check(example)).json(), { occupied: [22, 3306], status: 'PortsOccupied' })
  for (const status of ['NotOccupied', 'InternalErr'] as const) {
    harness.engine.orders.regions.occupied = async () => ({ status, occupied: [] })
    assert.deepEqual((await check({ ...example, userServiceID: 'x' })).json(), { occupied: [], status })
  }
  for (const missing of [
    {},
    { region: 'ausrine' },
    { ports: [1] },
    { region: '', ports: [1] },
    { region: 'a', ports: [] },
  ])
    assert.equal((await check(missing)).body, '{"error":{"code":400,"message":"item field empty"}}')
  assert.equal(errorOf(await ask({ method: 'POST', url: '/k8s/checkports', secret: null }), 400), 'item field empty')
  assert.match(errorOf(await check({ region: 'a', ports: [0] }), 400), /\/body\/ports\/0: must be at least 1/)
})

test('GET /order: the guide’s shape', async t => {
  const { ask } = await setUpVkube(t)
  assert.deepEqual((await ask({ url: '/api/v1/k8s/order' })).json(), {
    createdAt: Date.parse('2026-11-21T08:00:00Z') / 1000,
    updatedAt: Date.parse('2026-11-21T08:00:00Z') / 1000,
    duration: 100,
    serviceExpiredDate: '2026-11-25T12:00:00.000Z',
    amount: 18000,
    amountPaid: 18000,
    serviceID: '',
    service: 'Container Service',
    serviceCategoryID: '',
    provider: 'v-kube-service',
    address: '',
    recipient: '',
    id: orderExample.id,
    serviceOptions: { portSpecification: 'User Specified Service Port', resourceUnit: '2-Unit-Resource' },
    status: 'ServiceRunning',
    publicKey: '',
  })
})

test('POST /deploy: the guide’s body, and what clients in the field send beside it', async t => {
  const { harness, ask } = await setUpVkube(t)
  const requests: DeployRequest[] = []
  const { deploy } = harness.engine.orders.deployments
  harness.engine.orders.deployments.deploy = (id, request) => {
    requests.push(request)
    return deploy(id, request)
  }
  const send = (payload: object) => ask({ method: 'POST', url: '/api/v1/k8s/deploy', payload })
  assert.deepEqual((await send(deployBody)).json(), {
    name: orderExample.id,
    region: 'ausrine',
    ports: [{ containerPort: 80, hostPort: 2999, protocol: 'TCP' }],
    status: '/api/v1/k8s/pod/status',
  })
  const container = { name: 'a', imageName: 'nginx:latest', resource: { memory: '2Gi' } }
  await send({
    name: 'an-order',
    containers: [
      { ...container, command: '/bin/sh\n-c\ntail -f /dev/null', args: '', ports: [{ hostPort: 81, protocol: 'UDP' }] },
      { ...container, name: 'b', command: ['/bin/sh', '-c'], args: ['a b'], envs: [{ name: 'KEY', value: 'VALUE' }] },
      { ...container, name: 'c', configMountPath: '/etc/c.yml', config: 'a: 1' },
    ],
  })
  const plain = { image: 'nginx:latest', memory: '2Gi', ports: [], command: [], args: [], envs: [], config: null }
  assert.deepEqual(requests[1], {
    region: undefined,
    containers: [
      {
        ...plain,
        name: 'a',
        command: ['/bin/sh', '-c', 'tail -f /dev/null'],
        ports: [{ containerPort: 81, hostPort: 81, protocol: 'UDP' }],
      },
      { ...plain, name: 'b', command: ['/bin/sh', '-c'], args: ['a b'], envs: [{ name: 'KEY', value: 'VALUE' }] },
      { ...plain, name: 'c', config: { path: '/etc/c.yml', text: 'a: 1' } },
    ],
  })
})

test('POST /deploy: what is wrong is said, and where', async t => {
  const { harness, ask } = await setUpVkube(t)
  const send = (payload: object) => ask({ method: 'POST', url: '/k8s/deploy', payload })
  const [container] = deployBody.containers
  const wrong: [object, RegExp][] = [
    [{}, /^item field empty$/],
    [{ containers: [{}] }, /^item field empty: containers\/0\/name$/],
    [{ containers: [{ ...container, resource: {} }] }, /^item field empty: containers\/0\/resource\/memory$/],
    [{ containers: [{ ...container, ports: [{}] }] }, /^item field empty: containers\/0\/ports\/0\/containerPort$/],
    [{ containers: [{ ...container, config: 'x' }] }, /configMountPath/],
    [{ containers: [{ ...container, imageName: 'NGINX' }] }, /^image format not allow.Format: image:tag$/],
    [{ containers: [{ ...container, imageName: '' }] }, /^item field empty: containers\/0\/imageName$/],
    [{ containers: [{ ...container, resource: { memory: '1Ti' } }] }, /memory: must match/],
    [{ containers: [{ ...container, resource: { memory: '0Mi' } }] }, /memory: must match/],
    [{ containers: [] }, /containers/],
    [{ ...deployBody, hostNetwork: true }, /"hostNetwork" is not known/],
    [{ containers: [{ ...container, securityContext: { privileged: true } }] }, /"securityContext" is not known/],
  ]
  for (const [body, message] of wrong) assert.match(errorOf(await send(body), 400), message)
  harness.engine.orders.deployments.deploy = async () => {
    throw new GatewayError('Forbidden', 'the containers ask for 3Gi of memory in all, the order has 2Gi')
  }
  assert.match(errorOf(await send(deployBody), 403), /3Gi.*2Gi/)
})

test('GET /pod/status: the pod, or {}', async t => {
  const { harness, ask } = await setUpVkube(t)
  assert.equal((await ask({ url: '/k8s/pod/status' })).body, '{}')
  const status = { name: 'p', podStatus: { phase: 'Running' }, podSpec: { containers: [] }, annotations: {} }
  harness.engine.orders.pods.status = () => status
  assert.deepEqual((await ask({ url: '/k8s/pod/status' })).json(), status)
})

test('GET /pod/log is one JSON string, GET /pod/logs a stream that ends with the line clients know', async t => {
  const { harness, ask } = await setUpVkube(t)
  const queries: unknown[] = []
  harness.engine.orders.pods.log = async (_id, query) => {
    queries.push({ ...query })
    return chunks('one\nt', 'wo "2"\r\nthree')
  }
  const log = await ask({ url: '/k8s/pod/log?tailLines=10&container=a' })
  assert.equal(log.json(), 'one\ntwo "2"\r\nthree')
  const stream = await ask({ url: '/k8s/pod/logs' })
  assert.match(String(stream.headers['content-type']), /^text\/event-stream/)
  const message = (line: string) => `event:message\ndata:${line}\n\n`
  assert.equal(
    stream.body,
    `${message('one')}${message('two "2"')}${message('three')}event:end\ndata:"logger - Client disconnected."\n\n`,
  )
  assert.deepEqual(queries, [{ tailLines: 10, container: 'a' }, { follow: true }])
  harness.engine.orders.pods.log = async () => {
    throw new GatewayError('NotFound', 'there is no pod')
  }
  for (const path of ['log', 'logs']) errorOf(await ask({ url: `/k8s/pod/${path}` }), 404)
})

test('restart, stop, start, delete and update', async t => {
  const { harness, ask } = await setUpVkube(t)
  const done: unknown[] = []
  for (const act of ['restart', 'stop', 'start', 'remove'] as const)
    harness.engine.orders.deployments[act] = async id => void done.push([act, id])
  harness.engine.orders.deployments.update = async (_id, update) => void done.push(update)
  for (const act of ['restart', 'stop', 'start'])
    assert.equal((await ask({ method: 'POST', url: `/k8s/pod/${act}` })).body, '{"status":"OK"}')
  assert.equal((await ask({ method: 'DELETE', url: '/k8s/pod' })).body, '{"status":"OK"}')
  const update = { config: { a: 'text' }, environment: { a: { K: 'V' } } }
  assert.equal((await ask({ method: 'PUT', url: '/k8s/pod/update', payload: update })).statusCode, 200)
  const { id } = orderExample
  assert.deepEqual(done, [['restart', id], ['stop', id], ['start', id], ['remove', id], update])
  errorOf(
    await ask({ method: 'PUT', url: '/k8s/pod/update', payload: { environment: { a: { 'not a name': '1' } } } }),
    400,
  )
})

test('a body counts as JSON whatever its type', async t => {
  const { ask } = await setUpVkube(t)
  const payload = JSON.stringify(deployBody)
  for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/json', 'nonsense', 'a/b; c=d']) {
    const answer = await ask({ method: 'POST', url: '/k8s/deploy', payload, headers: { 'content-type': type } })
    assert.equal(answer.statusCode, 200, `${type}: ${answer.body}`)
  }
})

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}
