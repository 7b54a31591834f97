import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startGateway } from './gateway.ts'
import { nodesOf, operationOf } from './resources.ts'
import { docker, eventually, image, kubectl, prefix } from './tools.ts'

const name = `${prefix}kubefox`
const registry = `${prefix}registry.example/demo`
const api = '/api/kubefox/v0'
const commits = ['aaaaaaa', 'bbbbbbb'] as const

describe('a KubeFox system from its config to its release', { concurrency: false }, () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>
  let kubeconfig: string
  let worker: string

  before(async () => {
    gateway = await startGateway({ environment: { NODE_IMAGE: image, KUBEFOX_CLUSTER: name } })
    kubeconfig = path.join(gateway.dataDir, 'kubeconfig')
    const made = await gateway.call('POST', '/api/v1/clusters', {
      body: { name, nodes: 2 },
      headers: { prefer: 'wait=300' },
      status: 200,
    })
    assert.equal(operationOf(made.json()).state, 'succeeded', made.text)
    const { text } = await gateway.call('GET', `/api/v1/clusters/${name}/kubeconfig`, { status: 200 })
    await writeFile(kubeconfig, text, { mode: 0o600 })
    worker = (await nodesOf(gateway, name)).find(node => node.role === 'worker')?.name ?? ''
    await loadImages(worker, gateway.dataDir)
  })
  after(async () => {
    await gateway?.call('DELETE', `/api/v1/clusters/${name}`, { headers: { prefer: 'wait=120' } })
    await gateway?.[Symbol.asyncDispose]()
    for (const reference of references()) await docker('rmi', '-f', reference).catch(() => undefined)
  })

  const k = (...args: string[]) => kubectl(kubeconfig, ...args)
  const ask = (status: number, method: string, where: string, body?: unknown) =>
    gateway.call(method, `${api}/${where}`, { body, status })
  const refer = async (status: number, method: string, where: string, id: string) => {
    const token = (await readFile(path.join(gateway.dataDir, 'admin.token'), 'utf8')).trim()
    const response = await fetch(new URL(`${api}/${where}`, gateway.url), {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`any:${token}`).toString('base64')}`,
        'content-type': 'text/plain; charset=utf-8',
      },
      body: id,
    })
    assert.equal(response.status, status, await response.text())
  }
  const ready = (where: string) =>
    eventually(
      `${where} to be ready`,
      async () => /"ready":true/.test((await ask(200, 'GET', where)).text.replace(/"components".*/, '')),
      180,
    )
  const answer = async () => {
    const address = await k('-n', 'kfr-demo-dev', 'get', 'service', 'hello', '-o', 'jsonpath={.spec.clusterIP}')
    return docker('exec', worker, 'curl', '-sS', '--max-time', '2', `http://${address}/`)
  }

  test('config, environment and system are made and tagged', async () => {
    await ask(201, 'POST', 'config/dev', { secrets: { password: 'sshhhh' } })
    await ask(201, 'POST', 'environment/base', { config: 'dev', vars: { who: 'nobody', greeting: 'hello' } })
    await ask(201, 'POST', 'environment/dev', { inherits: 'base', vars: { who: 'John' } })
    for (const commit of commits) await ask(201, 'POST', 'system/demo', systemOf(commit))
    await refer(201, 'POST', 'system/demo/tag/v1', commits[0])
    await refer(200, 'PUT', 'system/demo/branch/main', commits[0])
    await ask(200, 'PUT', 'platform/kubefox', { systems: { demo: {} } })
  })

  test('a deployment runs its components', async () => {
    await ask(201, 'POST', 'platform/kubefox/deployment', { system: 'demo/branch/main' })
    await ready('platform/kubefox/deployment/demo/branch/main')
    const found = await k('-n', 'kfs-kubefox-demo', 'get', 'deployments', '-o', 'name')
    assert.deepEqual(found.split('\n').sort(), ['deployment.apps/hello-aaaaaaa', 'deployment.apps/world-aaaaaaa'])
  })

  test("a release is reached through its Service, with the environment's variables and the config's secrets", async () => {
    await ask(201, 'POST', 'platform/kubefox/release', { system: 'demo/branch/main', environment: 'dev' })
    await ready('platform/kubefox/release/demo/dev')
    assert.equal(await eventually('the answer', answer, 60), 'hello John sshhhh from aaaaaaa')
    assert.match(await k('-n', 'kfr-demo-dev', 'get', 'ingress', 'hello', '-o', 'json'), /"path": "\/hello"/)
    assert.equal(await k('-n', 'kfr-demo-dev', 'get', 'cronjob', '-o', 'name'), 'cronjob.batch/world-aaaaaaa-0')
  })

  test('what was deleted by hand is made again, and without waiting where pods or services say so', async () => {
    const n = ['-n', 'kfr-demo-dev']
    await k(...n, 'delete', 'service', 'hello')
    await eventually(
      'the Service',
      async () => k(...n, 'get', 'service', 'hello', '-o', 'name').then(Boolean, () => false),
      30,
    )
    await k(...n, 'delete', 'deployment', 'hello-aaaaaaa')
    await eventually(
      'the Deployment',
      async () => k(...n, 'get', 'deployment', 'hello-aaaaaaa', '-o', 'name').then(Boolean, () => false),
      60,
    )
    await eventually(
      'the answer',
      async () => (await answer().catch(() => '')) === 'hello John sshhhh from aaaaaaa',
      60,
    )
  })

  test('what is in use cannot be deleted', async () => {
    for (const where of [
      'system/demo/branch/main',
      'system/demo',
      'environment/dev',
      'environment/base',
      'config/dev',
      'platform/kubefox',
    ])
      assert.match((await ask(400, 'DELETE', where)).text, /cannot delete .*requires/)
  })

  test('the release follows its branch, and survives a crash of the gateway', async () => {
    await refer(200, 'PUT', 'system/demo/branch/main', commits[1])
    await gateway.kill()
    await gateway.restart()
    await eventually('the other commit', async () => (await answer()) === 'hello John sshhhh from bbbbbbb', 180)
    await eventually(
      'the first commit to go',
      async () =>
        (await k('-n', 'kfr-demo-dev', 'get', 'deployments', '-o', 'name')) ===
        'deployment.apps/hello-bbbbbbb\ndeployment.apps/world-bbbbbbb',
    )
  })

  test('all is deleted, and nothing is left in the cluster', async () => {
    for (const where of [
      'platform/kubefox/release/demo/dev',
      'platform/kubefox/deployment/demo/branch/main',
      'platform/kubefox',
      'system/demo',
      'environment/dev',
      'environment/base',
      'config/dev',
    ])
      await ask(200, 'DELETE', where)
    await eventually(
      'the namespaces to go',
      async () => !/kf[sr]-/.test(await k('get', 'namespaces', '-o', 'name')),
      180,
    )
    assert.match((await gateway.call('GET', '/api/v1/refs', { status: 200 })).text, /"items":\[\]/)
  })
})

function references(): string[] {
  return commits.flatMap(commit => ['hello', 'world'].map(component => `${registry}/${component}:${commit}`))
}

function systemOf(commit: string) {
  const component = (of: string, routes: object[]) => ({
    type: 'kubefox',
    gitHash: commit,
    image: `${registry}/${of}:${commit}`,
    routes,
  })
  return {
    gitRepo: 'https://git.example/demo.git',
    gitHash: commit,
    gitRef: 'branch/main',
    apps: {
      app: {
        gitHash: commit,
        components: {
          hello: component('hello', [{ type: 'http', match: 'Path(`/hello`)' }]),
          world: component('world', [{ type: 'cron', schedule: '@yearly' }]),
        },
      },
    },
  }
}

/** Images of a web server that says who it greets, made of the node image's busybox. */
async function loadImages(node: string, folder: string): Promise<void> {
  const mount = '/run/kgtest-busybox'
  const inNode = (...args: string[]) => docker('exec', node, 'sh', '-euc', ...args)
  await inNode(`mkdir -p ${mount} && ctr -n k8s.io images mount docker.io/library/busybox:1.35 ${mount} >/dev/null &&
    tar -C ${mount} --exclude=./usr/local --exclude=./usr/sbin -cf /root.tar . && umount ${mount}`)
  const [root, images] = [path.join(folder, 'root.tar'), path.join(folder, 'images.tar')]
  await docker('cp', `${node}:/root.tar`, root)
  for (const reference of references()) {
    const commit = reference.split(':').at(-1)
    const serve = `mkdir -p /www && echo "$greeting $who $password from ${commit}" >/www/index.html && exec httpd -f -p $PORT -h /www`
    await docker(
      'import',
      '-c',
      'ENV PATH=/bin:/usr/bin',
      '-c',
      `CMD ${JSON.stringify(['sh', '-c', serve])}`,
      root,
      reference,
    )
  }
  await docker('save', '-o', images, ...references())
  await docker('cp', images, `${node}:/images.tar`)
  await inNode('ctr -n k8s.io images import /images.tar >/dev/null && rm /images.tar /root.tar')
}
