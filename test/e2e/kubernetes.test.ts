import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startGateway } from './gateway.ts'
import { operationOf } from './resources.ts'
import { docker, eventually, image, kubectl, prefix } from './tools.ts'

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

  test('an API server that is blocked is noticed: lists are stale, and come back', async () => {
    // Both ways: what is under way towards the gateway would go on arriving for a while.
    const rules = ['INPUT -p tcp --dport 6443 -j DROP', 'OUTPUT -p tcp --sport 6443 -j DROP']
    const block = async (how: '-I' | '-D') => {
      for (const rule of rules) await docker('exec', controlPlane, 'iptables', how, ...rule.split(' '))
    }
    await block('-I')
    try {
      await eventually('a stale list', async () => (await list('pods')).metadata.stale, 60)
      assert.ok((await list('pods')).items.length > 0)
    } finally {
      await block('-D')
    }
    await eventually('a fresh list', async () => !(await list('pods')).metadata.stale, 60)
  })

  test('an API server that restarts loses no change', async () => {
    await docker('exec', controlPlane, 'pkill', 'kube-apiserver')
    await eventually('its answer', async () => k('get', '--raw', '/readyz'))
    await k('create', 'service', 'clusterip', 'after', '--tcp=80')
    await eventually('the service', async () => (await list('services')).items.some(each => each.name === 'after'))
  })
})
