import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startForeignCluster } from '../../support/imported.ts'
import { startServed } from '../served.ts'
import { problemOf } from '../support.ts'

const url = '/api/v1/clusters'

test('a cluster is imported, read, and forgotten', async t => {
  const { ask, until, cluster } = await startServed(t)
  const far = await startForeignCluster(t)
  const payload = { name: 'far', kubeconfig: far.kubeconfig() }
  const made = await ask('root', { method: 'POST', url, payload })
  assert.equal(made.statusCode, 202)
  assert.equal(made.json().state, 'succeeded')
  assert.equal(made.headers.location, `/api/v1/operations/${made.json().id}`)
  await until(() => cluster('far').state === 'ready')
  const read = await ask('root', { url: `${url}/far` })
  assert.equal(read.json().managedBy, 'imported')
  assert.equal(read.body.includes('PRIVATE'), false)
  const listed = await ask('root', { url: `${url}?managedBy=imported` })
  assert.deepEqual(
    listed.json().items.map(({ name }: { name: string }) => name),
    ['far'],
  )
  const node = await ask('root', { url: '/api/v1/nodes/far:far-1' })
  assert.equal(node.json().state, 'ready')
  problemOf(await ask('root', { url: `${url}/far/kubeconfig` }), 409, 'Conflict')
  problemOf(await ask('root', { method: 'POST', url: `${url}/far/stop` }), 409, 'ReadOnly')
  problemOf(await ask('bob', { url: `${url}/far` }), 404, 'NotFound')
  const forgotten = await ask('root', { method: 'DELETE', url: `${url}/far`, headers: { prefer: 'wait=5' } })
  assert.equal(forgotten.statusCode, 200)
  problemOf(await ask('root', { url: `${url}/far` }), 404, 'NotFound')
})

test('what is only for clusters that are made here is refused beside a kubeconfig', async t => {
  const { ask } = await startServed(t)
  const payload = { name: 'far', kubeconfig: '{}', nodes: 3, image: 'kindest/node:v1.34.4' }
  const problem = problemOf(await ask('ann', { method: 'POST', url, payload }), 422, 'Unprocessable')
  assert.deepEqual(
    problem.errors.map(error => error.where),
    ['/body/image', '/body/nodes'],
  )
})

for (const [what, kubeconfig] of [
  ['no YAML', '{'],
  ['no object', 'yes'],
  ['nothing in it', '{}'],
  ['deep nesting', '['.repeat(60_000)],
  ['an alias', 'a: &a [1]\nb: *a'],
])
  test(`a kubeconfig with ${what} is a 422 that says where`, async t => {
    const { ask } = await startServed(t)
    const answer = await ask('root', { method: 'POST', url, payload: { name: 'far', kubeconfig } })
    assert.match(problemOf(answer, 422, 'Unprocessable').errors[0]?.where ?? '', /^\/body\/kubeconfig/)
  })
