import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startGateway } from './gateway.ts'
import { operationOf } from './resources.ts'
import { docker, eventually, image, kubectl, prefix } from './tools.ts'
import { watchPods } from './watching.ts'

const name = `${prefix}pods`

interface List {
  items: { name: string; namespace: string; status: string; ready: string; restarts: number; nodeStatus: string }[]
  metadata: { stale?: true; staleReason?: string }
}

describe('pods and services of a real cluster', { concurrency: false }, () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>
  let kubeconfig: string
  let controlPlane: string

  before(async () => {
    gateway = await startGateway({ environment: { NODE_IMAGE: image } })
    const headers = { prefer: 'wait=300' }
    const answer = await gateway.call('POST', '/api/v1/clusters', { body: { name, nodes: 1 }, headers, status: 200 })
    assert.equal(operationOf(answer.json()).state, 'succeeded', answer.text)
    kubeconfig = path.join(gateway.dataDir, 'kubeconfig')
    const { text } = await gateway.call('GET', `/api/v1/clusters/${name}/kubeconfig`, { status: 200 })
    await writeFile(kubeconfig, text, { mode: 0o600 })
    controlPlane = await docker('ps', '--filter', `label=io.x-k8s.kind.cluster=${name}`, '--format', '{{.Names}}')
  })
  after(async () => {
    await gateway?.call('DELETE', `/api/v1/clusters/${name}`, { headers: { prefer: 'wait=120' } })
    await gateway?.[Symbol.asyncDispose]()
  })

  const k = (...args: string[]) => kubectl(kubeconfig, ...args)
  const list = async (what: string): Promise<List> => {
    const { text } = await gateway.call('GET', `/api/v1/clusters/${name}/${what}`, { status: 200 })
    return JSON.parse(text)
  }
  const pod = async (wanted: string) => (await list('pods?namespace=default')).items.find(each => each.name === wanted)

  test('lists say of every pod what kubectl says', async () => {
    await eventually('the same pods as kubectl lists', async () => {
      const shown = (await list('pods')).items.map(
        each => `${each.namespace} ${each.name} ${each.ready} ${each.status}`,
      )
      const lines = (await k('get', 'pods', '-A', '--no-headers')).split('\n')
      const expected = lines.map(line => line.split(/\s+/).slice(0, 4).join(' '))
      assert.deepEqual(shown.toSorted(), expected.toSorted())
      return true
    })
    const services = (await list('services')).items.map(each => each.name)
    assert.ok(services.includes('kubernetes') && services.includes('kube-dns'), services.join())
  })

  test('a pod goes through its phases, and is gone when it is deleted', async () => {
    await k('run', 'bad', '--image=localhost/none:1', '--image-pull-policy=Never')
    await eventually('ErrImageNeverPull', async () => (await pod('bad'))?.status === 'ErrImageNeverPull')
    await k('delete', 'pod', 'bad', '--wait=false')
    await eventually('its end', async () => (await pod('bad')) === undefined)
  })

  const toIt = 'INPUT -i eth0 -p tcp --dport 6443 -j DROP'
  const fromIt = 'OUTPUT -o eth0 -p tcp --sport 6443 -j DROP'
  for (const [what, rules] of [
    ['to which nothing gets, while its events may still come,', [toIt]],
    ['from which nothing comes', [fromIt]],
    ['that is cut off', [toIt, fromIt]],
  ] as const)
    test(`an API server ${what} is noticed within 60 s: lists are stale, and come back`, async () => {
      const block = async (how: '-I' | '-D') => {
        for (const rule of rules) await docker('exec', controlPlane, 'iptables', how, ...rule.split(' '))
      }
      // From inside the node, where nothing is blocked.
      const inside = ['exec', controlPlane, 'kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf']
      let times = 0
      const change = () => {
        times += 1
        return docker(...inside, '-n', 'kube-system', 'annotate', 'pod', '-l', 'tier', '--overwrite', `times=${times}`)
      }
      await block('-I')
      try {
        await eventually(
          'a stale list',
          async () => {
            await change()
            return (await list('pods')).metadata.stale
          },
          60,
        )
        assert.ok((await list('pods')).items.length > 0)
      } finally {
        await block('-D')
      }
      await eventually('a fresh list', async () => !(await list('pods')).metadata.stale, 60)
    })

  test('over a restart of the API server every change is told, and none twice', async () => {
    await using watching = await watchPods(gateway, `/api/v1/clusters/${name}/pods?watch=true&namespace=default`)
    const retried = (...args: string[]) => eventually(args.join(' '), async () => (await k(...args)) || 'done')
    const make = (pod: string) =>
      retried('run', pod, '--image=docker.io/library/busybox:1.35', '--image-pull-policy=Never', '--', 'sleep', '3600')
    const names = Array.from({ length: 8 }, (_, index) => `p${index}`)
    await eventually('the service account', async () => (await k('get', 'serviceaccounts')).includes('default'))
    for (const [index, pod] of names.entries()) {
      if (index === 3) await docker('exec', controlPlane, 'pkill', '-KILL', 'kube-apiserver')
      await eventually(`${pod} is made`, () => make(pod).catch(error => /AlreadyExists/.test(String(error)) && 'made'))
      await retried('label', 'pod', pod, '--overwrite', `turn=${index}`)
      if (index % 3 === 2)
        await retried('delete', 'pod', `p${index - 1}`, '--wait=false', '--grace-period=1', '--ignore-not-found')
    }
    await eventually('what kubectl lists', async () => {
      const left = await k(
        'get',
        'pods',
        '-o',
        'jsonpath={range .items[*]}{.metadata.uid} {.metadata.labels.turn} {.status.phase}{"\\n"}{end}',
      )
      const shown = watching.now().map(({ id, labels, phase }) => `${id} ${labels.turn} ${phase}`)
      assert.deepEqual(shown.toSorted(), left.split('\n').toSorted())
      assert.equal(shown.length, names.length - 2)
      assert.ok(
        shown.every(line => line.endsWith('Running')),
        shown.join(),
      )
      return true
    })
    assert.deepEqual(watching.faults(), [])
    assert.equal(watching.count('ADDED'), names.length)
    assert.equal(watching.count('DELETED'), 2)
  })
})
