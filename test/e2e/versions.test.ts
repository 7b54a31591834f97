import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Kubectl, startKubectl } from './kubectl.ts'
import { usePods, v4, v5 } from './pod-operations.ts'
import { clusterOf, operationOf } from './resources.ts'
import { eventually, kubectl, leftovers, prefix } from './tools.ts'

// The oldest needs kubeadm's v1beta2 and the cgroupfs driver, the newest v1beta4.
const images = [
  ['kindest/node:v1.20.2', v4],
  ['kindest/node:v1.36.3', v5],
] as const

describe('other Kubernetes versions', { concurrency: false }, () => {
  let through: Kubectl
  let gateway: Kubectl['gateway']
  before(async () => {
    through = await startKubectl()
    gateway = through.gateway
  })
  after(() => through?.[Symbol.asyncDispose]())

  for (const [image, protocol] of images) {
    const version = image.split(':')[1] ?? ''
    const name = `${prefix}${version.replaceAll('.', '_')}`

    test(`${version}: created with two nodes, used with kubectl and through the gateway, deleted`, async () => {
      const wait = { headers: { prefer: 'wait=300' }, status: 200 }
      const created = await gateway.call('POST', '/api/v1/clusters', { ...wait, body: { name, image, nodes: 2 } })
      assert.equal(operationOf(created.json()).state, 'succeeded', created.text)
      const { state, readyNodes, kubernetesVersion } = await clusterOf(gateway, name)
      assert.deepEqual(
        { state, readyNodes, kubernetesVersion },
        { state: 'ready', readyNodes: 2, kubernetesVersion: version },
      )

      const kubeconfig = path.join(gateway.dataDir, name)
      const { text } = await gateway.call('GET', `/api/v1/clusters/${name}/kubeconfig`, { status: 200 })
      await writeFile(kubeconfig, text, { mode: 0o600 })
      const versions = await kubectl(
        kubeconfig,
        'get',
        'nodes',
        '-o',
        'jsonpath={.items[*].status.nodeInfo.kubeletVersion}',
      )
      assert.equal(versions, `${version} ${version}`)
      const pods = () => kubectl(kubeconfig, 'get', 'pods', '-A', '-o', 'jsonpath={.items[*].status.phase}')
      await eventually('every pod of the system to run', async () => !/Pending|Failed|Unknown/.test(await pods()))
      await usePods(through, name, protocol)

      const deleted = await gateway.call('DELETE', `/api/v1/clusters/${name}`, wait)
      assert.equal(operationOf(deleted.json()).state, 'succeeded', deleted.text)
      assert.deepEqual(await leftovers(name), [])
    })
  }

  test('one node alone takes workloads and serves load balancers', async () => {
    const name = `${prefix}single`
    const wait = { headers: { prefer: 'wait=300' }, status: 200 }
    const created = await gateway.call('POST', '/api/v1/clusters', {
      ...wait,
      body: { name, image: 'kindest/node:v1.34.4', nodes: 1 },
    })
    assert.equal(operationOf(created.json()).state, 'succeeded', created.text)
    const kubeconfig = path.join(gateway.dataDir, name)
    await writeFile(kubeconfig, (await gateway.call('GET', `/api/v1/clusters/${name}/kubeconfig`)).text, {
      mode: 0o600,
    })
    assert.equal(await kubectl(kubeconfig, 'get', 'nodes', '-o', 'jsonpath={.items[*].spec.taints}'), '')
    const labels = await kubectl(kubeconfig, 'get', 'nodes', '-o', 'jsonpath={.items[*].metadata.labels}')
    assert.doesNotMatch(labels, /exclude-from-external-load-balancers/)
    await gateway.call('DELETE', `/api/v1/clusters/${name}`, wait)
    assert.deepEqual(await leftovers(name), [])
  })
})
