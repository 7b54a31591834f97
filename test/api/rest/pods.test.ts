import assert from 'node:assert/strict'
import { test } from 'node:test'
import { podExample } from '../../../src/api/rest/examples/pods.ts'
import { serviceExample } from '../../../src/api/rest/examples/services.ts'
import type { Pod } from '../../../src/engine/pods/schema.ts'
import { type Harness, problemOf, setUp } from '../support.ts'

interface List {
  items: { name: string }[]
  metadata: { resourceVersion: string; stale?: true; staleReason?: string }
}

function putPod({ engine }: Harness, name: string, members: Partial<Pod> = {}) {
  const id = `uid-of-${members.cluster ?? 'alex'}-${name}`
  return engine.tables.pods.apply({ ...podExample, owner: 'ann', ...members, id, name })
}

/** Two clusters with a few pods, the second bob's. */
async function withPods(t: Parameters<typeof setUp>[0]): Promise<Harness> {
  const harness = await setUp(t)
  harness.engine.putCluster('alex')
  harness.engine.putCluster('bert', { owner: 'bob' })
  putPod(harness, 'web', { node: 'n1' })
  putPod(harness, 'job', { node: 'n2', status: 'Completed', phase: 'Succeeded', namespace: 'batch', labels: {} })
  putPod(harness, 'other', { cluster: 'bert', owner: 'bob', node: 'n3' })
  return harness
}

for (const [path, query, expected] of [
  ['pods', {}, ['job', 'web', 'other']],
  ['pods', { cluster: 'bert' }, ['other']],
  ['pods', { namespace: 'batch' }, ['job']],
  ['pods', { node: 'n1' }, ['web']],
  ['pods', { status: 'Completed' }, ['job']],
  ['pods', { labelSelector: 'app=web' }, ['web', 'other']],
  ['pods', { fieldSelector: 'status.phase!=Running' }, ['job']],
  ['pods', { fieldSelector: 'metadata.namespace=default,spec.nodeName==n3' }, ['other']],
  ['clusters/alex/pods', {}, ['job', 'web']],
  ['clusters/alex/pods', { fieldSelector: 'metadata.name=web' }, ['web']],
] as const) {
  test(`GET /${path} with ${JSON.stringify(query)} gives ${expected.join(' and ')}`, async t => {
    const { ask } = await withPods(t)
    const list: List = (await ask({ url: `/api/v1/${path}`, query })).json()
    assert.deepEqual(
      list.items.map(item => item.name),
      expected,
    )
  })
}

test('a field that cannot be selected by is refused, and those that can are named', async t => {
  const { ask } = await withPods(t)
  const answer = await ask({ url: '/api/v1/pods', query: { fieldSelector: 'spec.color=red' } })
  const problem = problemOf(answer, 400, 'InvalidRequest')
  assert.match(JSON.stringify(problem), /spec\.nodeName, status\.phase/)
})

test('one pod comes with its ETag; what there is none of is named', async t => {
  const { ask } = await withPods(t)
  const pod = (path: string) => ask({ url: `/api/v1/clusters/${path}`, as: 'ann' })
  const answer = await pod('alex/namespaces/default/pods/web')
  assert.equal(answer.statusCode, 200)
  assert.ok(answer.headers.etag)
  for (const [path, what] of [
    ['nope/namespaces/default/pods/web', /cluster "nope"/],
    ['bert/namespaces/default/pods/other', /cluster "bert"/],
    ['alex/namespaces/nope/pods/web', /namespace "nope"/],
    ['alex/namespaces/default/pods/nope', /pod "nope"/],
  ] as const)
    assert.match(
      JSON.stringify(problemOf(await pod(path), 404, 'NotFound')),
      new RegExp(what.source.replaceAll('"', '\\\\"')),
    )
  problemOf(await pod('nope/pods'), 404, 'NotFound')
})

test('services come with their ports', async t => {
  const { ask, engine } = await withPods(t)
  engine.tables.services.apply({ ...serviceExample, owner: 'ann' })
  const list: List = (await ask({ url: '/api/v1/clusters/alex/services', query: { type: 'LoadBalancer' } })).json()
  assert.deepEqual(
    list.items.map(item => item.name),
    ['web'],
  )
  const one = await ask({ url: '/api/v1/clusters/alex/namespaces/default/services/web' })
  assert.equal(one.json().ports[0].nodePort, 30217)
})

test('a list is stale when a cluster of it that the caller may see is', async t => {
  const { ask, engine } = await withPods(t)
  engine.tables.pods.markStale('it is stopped', engine.clock.now(), { scope: 'bert', owner: 'bob' })
  const metadata = async (path: string, as: 'root' | 'ann' | 'bob') => {
    const list: List = (await ask({ url: `/api/v1/${path}`, as })).json()
    return list.metadata.staleReason
  }
  assert.equal(await metadata('pods', 'root'), 'bert: it is stopped')
  assert.equal(await metadata('clusters/bert/pods', 'bob'), 'it is stopped')
  assert.equal(await metadata('clusters/alex/pods', 'root'), undefined)
  assert.equal(await metadata('pods', 'ann'), undefined)
  assert.equal(await metadata('pods?cluster=bert', 'ann'), undefined)
  engine.tables.pods.markFresh('bert')
  assert.equal(await metadata('pods', 'root'), undefined)
})
