import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startGateway } from './gateway.ts'
import { clusterOf, nodesOf, operationOf } from './resources.ts'
import { eventually, image, leftovers, prefix } from './tools.ts'

describe('killed in the middle', { concurrency: false }, () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>
  before(async () => {
    gateway = await startGateway({ environment: { NODE_IMAGE: image } })
  })
  after(async () => {
    for (const name of ['crash', 'abandon']) {
      const where = `/api/v1/clusters/${prefix}${name}`
      await gateway.call('DELETE', where, { headers: { prefer: 'wait=120' } })
    }
    await gateway?.[Symbol.asyncDispose]()
  })

  const begin = async (name: string) => {
    const answer = await gateway.call('POST', '/api/v1/clusters', { body: { name, nodes: 2 }, status: 202 })
    return answer.headers.get('location') ?? assert.fail('no Location')
  }
  const progress = async (where: string) => operationOf((await gateway.call('GET', where, { status: 200 })).json())
  /** Resolves when a step of the operation is under way. */
  const reaches = (where: string, step: string) =>
    eventually(`${step} to begin`, async () =>
      (await progress(where)).steps.some(each => each.name === step && each.startedAt !== null),
    )

  test('SIGKILL while containers are made, in kubeadm init and in the join: each start goes on, and the cluster gets ready', async () => {
    const name = `${prefix}crash`
    const where = await begin(name)
    for (const step of ['control-plane', 'api-server', 'join']) {
      await reaches(where, step)
      await gateway.kill()
      await gateway.restart()
    }
    const ended = await eventually('the operation to end', async () => {
      const now = await progress(where)
      return now.finishedAt !== null && now
    })
    assert.equal(ended.state, 'succeeded', JSON.stringify(ended))
    assert.equal((await clusterOf(gateway, name)).state, 'ready')
    assert.equal((await nodesOf(gateway, name)).length, 2)
    const deleted = await gateway.call('DELETE', `/api/v1/clusters/${name}`, {
      headers: { prefer: 'wait=120' },
      status: 200,
    })
    assert.equal(operationOf(deleted.json()).state, 'succeeded', deleted.text)
    assert.deepEqual(await leftovers(name), [])
  })

  test('a delete in the middle of a create stops it, then everything goes, also across a SIGKILL', async () => {
    const name = `${prefix}abandon`
    const where = await begin(name)
    await reaches(where, 'api-server')
    const deletion = await gateway.call('DELETE', `/api/v1/clusters/${name}`, { status: 202 })
    await gateway.kill()
    await gateway.restart()
    const location = deletion.headers.get('location') ?? assert.fail('no Location')
    await eventually('the deletion to end', async () => (await progress(location)).state === 'succeeded')
    assert.equal((await progress(where)).state, 'cancelled')
    await gateway.call('GET', `/api/v1/clusters/${name}`, { status: 404 })
    // The daemon may still be making a container that the killed gateway asked for; it goes when it comes.
    await eventually('nothing to be left', async () => (await leftovers(name)).length === 0, 30)
  })

  test('a create that fails says at which step and with what output, and leaves nothing', async () => {
    const name = `${prefix}fail`
    const answer = await gateway.call('POST', '/api/v1/clusters', {
      body: { name, image: 'kindest/node:v0.0.0-missing' },
      headers: { prefer: 'wait=120' },
      status: 200,
    })
    const { state, error } = operationOf(answer.json())
    assert.equal(state, 'failed')
    assert.equal(error?.step, 'image')
    assert.match(error?.message ?? '', /kindest\/node:v1\./, 'names the node images that are here')
    await gateway.call('GET', `/api/v1/clusters/${name}`, { status: 404 })
    assert.deepEqual(await leftovers(name), [])
  })

  test('an image that is not allowed is refused by naming the setting, and nothing is started', async () => {
    const body = { name: `${prefix}evil`, image: 'docker.io/library/alpine:latest' }
    const { text } = await gateway.call('POST', '/api/v1/clusters', { body, status: 403 })
    assert.match(text, /"code":"ImageNotAllowed"/)
    assert.match(text, /NODE_IMAGES/)
    assert.deepEqual(await leftovers(body.name), [])
  })
})
