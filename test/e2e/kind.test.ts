import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import Docker from 'dockerode'
import { thaw } from '../../src/drivers/docker/thaw.ts'
import { startGateway } from './gateway.ts'
import { clusterOf, nodesOf, operationOf } from './resources.ts'
import { docker, eventually, image, kindPath, kubectl, leftovers, prefix } from './tools.ts'

const run = promisify(execFile)
const theirs = `${prefix}theirs`
const ours = `${prefix}ours`

describe('beside the kind CLI', { concurrency: false }, () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>
  const kind = async (...args: string[]) => (await run(await kindPath(), args, { timeout: 300_000 })).stdout
  /** Where cgroups are of version 1 Docker cannot kill a node while that holds a pod frozen; kind does not know of it. */
  const kindDelete = async (name: string) => {
    const remove = () => kind('delete', 'cluster', '--name', name)
    await remove().catch(async () => {
      const ids = await docker('ps', '-q', '--no-trunc', '--filter', `label=io.x-k8s.kind.cluster=${name}`)
      for (const id of ids.split('\n').filter(line => line !== '')) await thaw(new Docker(), { id, image })
      return remove()
    })
  }
  before(async () => {
    gateway = await startGateway({ environment: { NODE_IMAGE: image } })
  })
  after(async () => {
    await using _ = gateway
    await kindDelete(theirs)
    await kindDelete(ours)
    await docker('network', 'rm', `kindgate-${ours}`).catch(() => undefined)
  })

  test('a cluster that kind made is listed, ready, and can only be read', async () => {
    const kubeconfig = path.join(gateway.dataDir, 'theirs')
    await kind('create', 'cluster', '--name', theirs, '--image', image, '--kubeconfig', kubeconfig)
    const seen = await eventually('ready', async () => {
      const cluster = await clusterOf(gateway, theirs)
      return cluster.state === 'ready' && cluster
    })
    assert.equal(seen.managedBy, 'kind')
    assert.deepEqual(
      (await nodesOf(gateway, theirs)).map(node => node.name),
      [`${theirs}-control-plane`],
    )
    for (const [method, where] of [
      ['DELETE', `/api/v1/clusters/${theirs}`],
      ['POST', `/api/v1/clusters/${theirs}/stop`],
      ['DELETE', `/api/v1/nodes/${theirs}-control-plane`],
    ] as const)
      assert.match((await gateway.call(method, where, { status: 409 })).text, /"code":"ReadOnly"/)
    const { text } = await gateway.call('GET', `/api/v1/clusters/${theirs}/kubeconfig`, { status: 200 })
    assert.match(text, new RegExp(`kind-${theirs}`))
    assert.match(
      (await gateway.call('POST', '/api/v1/clusters', { body: { name: theirs }, status: 409 })).text,
      /AlreadyExists/,
    )
  })

  test('what kind deletes is gone from the list', async () => {
    await kindDelete(theirs)
    await eventually('gone', async () => (await gateway.call('GET', `/api/v1/clusters/${theirs}`)).status === 404, 30)
  })

  test('kind sees a cluster of ours, and its kubeconfig works', async () => {
    const created = await gateway.call('POST', '/api/v1/clusters', {
      body: { name: ours, nodes: 2 },
      headers: { prefer: 'wait=300' },
      status: 200,
    })
    assert.equal(operationOf(created.json()).state, 'succeeded', created.text)
    assert.ok((await kind('get', 'clusters')).split('\n').includes(ours))
    const names = (await nodesOf(gateway, ours)).map(node => node.name)
    assert.deepEqual((await kind('get', 'nodes', '--name', ours)).trim().split('\n').toSorted(), names.toSorted())
    const kubeconfig = path.join(gateway.dataDir, 'ours')
    await kind('export', 'kubeconfig', '--name', ours, '--kubeconfig', kubeconfig)
    assert.equal((await kubectl(kubeconfig, 'get', 'nodes', '-o', 'name')).split('\n').length, 2)
  })

  test('kind deletes a cluster of ours: it has failed and says why, and a delete clears the rest', async () => {
    await kindDelete(ours)
    const failed = await eventually('failed', async () => {
      const cluster = await clusterOf(gateway, ours)
      return cluster.state === 'failed' && cluster
    })
    assert.match(failed.message, /control plane node .* was removed/)
    const deleted = await gateway.call('DELETE', `/api/v1/clusters/${ours}`, {
      headers: { prefer: 'wait=60' },
      status: 200,
    })
    assert.equal(operationOf(deleted.json()).state, 'succeeded', deleted.text)
    assert.deepEqual(await leftovers(ours), [])
  })
})
