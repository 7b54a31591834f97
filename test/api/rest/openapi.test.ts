import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { resourceExamples } from '../../../src/api/rest/examples/all.ts'
import { validatorOf } from '../contract.ts'
import { setUp } from '../support.ts'

const root = new URL('../../../', import.meta.url)
const committed = readFileSync(new URL('openapi/openapi.json', root), 'utf8')

interface Operation {
  operationId: string
  summary?: string
  tags?: string[]
  security?: object[]
  parameters?: { name: string; in: string; description?: string }[]
  requestBody?: { required: boolean; content: Record<string, { examples?: object }> }
  responses: Record<string, { $ref?: string; content?: object }>
}

interface Document {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object> }
}

const document: Document = JSON.parse(committed)
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

test('GET /openapi.json is the committed document, for everybody', async t => {
  const { ask } = await setUp(t)
  const answer = await ask({ url: '/openapi.json', as: null })
  assert.equal(answer.statusCode, 200)
  assert.equal(answer.body, committed)
})

test('the document is valid OpenAPI 3.1', async () => {
  assert.match(document.openapi, /^3\.1\./)
  const { valid, errors } = await new Validator().validate(JSON.parse(committed))
  assert.ok(valid, JSON.stringify(errors))
})

test('scripts/openapi.ts --check passes without Docker and without Postgres', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/openapi.ts', '--check'], {
    cwd: root,
    env: { PATH: process.env.PATH, DOCKER_HOST: 'unix:///nowhere' },
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
})

/** All but KubeFox's, whose operations and statuses are as its own API server has them. */
const ours = operations.filter(({ path }) => !path.startsWith('/api/kubefox/'))

test('every operation has an id (a noun, then a verb), a summary, a tag and described parameters', () => {
  const ids = operations.map(({ operation }) => operation.operationId)
  assert.equal(new Set(ids).size, ids.length)
  for (const { path, method, operation } of ours) {
    const where = `${method} ${path}`
    assert.match(
      operation.operationId,
      /^[a-z][A-Za-z]*(List|Get|Create|Update|Delete|Start|Stop|Add|Check|Deploy|Restart|Follow|Exec|Attach)$/,
      where,
    )
    assert.ok(operation.summary, where)
    assert.equal(operation.tags?.length, 1, where)
    for (const { name, description } of operation.parameters ?? []) assert.ok(description, `${where} ${name}`)
  }
})

test('every operation says which credential it needs, and what it answers to one that is missing', () => {
  for (const { path, operation } of operations) {
    const open = /^\/(livez|readyz|api\/v1\/k8s\/(regions|images|checkports))$/.test(path)
    const credential = path.startsWith('/api/v1/k8s/') ? 'orderSecret' : 'bearerAuth'
    assert.deepEqual(operation.security, open ? [] : [{ [credential]: [] }], path)
    assert.equal('401' in operation.responses, !open, path)
  }
})

test('every operation documents an answer of its own and the errors that it can give', () => {
  for (const { path, method, operation } of ours) {
    const statuses = Object.keys(operation.responses)
    assert.ok(
      statuses.some(status => status.startsWith('2') || status === '101'),
      path,
    )
    for (const status of ['400', '500', '503']) assert.ok(statuses.includes(status), `${method} ${path} ${status}`)
    if (path.includes('{')) assert.ok(statuses.includes('404'), path)
    // V-Kube's bodies are JSON whatever their type.
    const anyType = path.startsWith('/api/v1/k8s/')
    if (operation.requestBody) assert.ok(statuses.includes('413') && (anyType || statuses.includes('415')), path)
    // What takes long answers with an operation, what is done at once with its result.
    if (method !== 'get')
      assert.ok(statuses.includes('202') || statuses.includes('204') || !/clusters|nodes/.test(path), path)
  }
})

test('every body has examples, and they are valid', () => {
  for (const { path, operation } of ours) {
    for (const { examples } of Object.values(operation.requestBody?.content ?? {})) assert.ok(examples, path)
  }
  assert.equal(document.paths['/api/v1/clusters/{name}/nodes']?.post?.requestBody?.required, false)
  assert.equal(document.paths['/api/v1/clusters']?.post?.requestBody?.required, true)
})

test('every example of a resource or body is valid', () => {
  const withExamples = Object.entries(document.components.schemas).filter(([, schema]) => 'examples' in schema)
  const names = withExamples.map(([name]) => name)
  for (const name of [...Object.keys(resourceExamples), 'ClusterCreate', 'ClusterPatch', 'NodesAdd', 'ClusterList']) {
    assert.ok(names.includes(name), name)
  }
  for (const [name, schema] of withExamples) {
    const check = validatorOf(name)
    const examples: unknown = 'examples' in schema ? schema.examples : []
    assert.ok(Array.isArray(examples))
    for (const example of examples) assert.equal(check(example), undefined, name)
  }
})
