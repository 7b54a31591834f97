import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAllowList } from '../../../src/engine/images/allow.ts'
import { listImages } from '../../../src/engine/images/list.ts'

const here = [
  { id: 'sha256:1', tags: ['kindest/node:v1.34.2', 'alpine:3'], digests: ['kindest/node@sha256:aa'], size: 1000 },
]

/** Registries by their repositories; undefined is one that does not answer. */
async function listed(
  repositories: Record<string, string[] | undefined>,
  { all = false, nodeImages = 'kindest/node:*', simulated = false } = {},
) {
  const asked: string[] = []
  const { images, unanswered } = await listImages(here, {
    all,
    settings: { nodeImage: 'kindest/node:v1.36.1@sha256:bb', nodeImages: parseAllowList(nodeImages), simulated },
    tags: {
      async of(repository) {
        asked.push(repository)
        return repositories[repository]
      },
    },
  })
  return { images, names: images.map(({ name }) => name), unanswered, asked }
}

const tags = ['latest', 'v1.9.0', 'v1.34.2', 'v1.34.10', 'v1.34.9', 'v1.36.1', 'v1.37.0-rc.1', 'not a tag']

test('the newest patch of each minor is listed, beside what is here', async () => {
  const { images, names } = await listed({ 'kindest/node': tags })
  assert.deepEqual(
    names,
    ['v1.9.0', 'v1.34.2', 'v1.34.10', 'v1.36.1'].map(tag => `kindest/node:${tag}`),
  )
  assert.deepEqual(images[1], {
    name: 'kindest/node:v1.34.2',
    local: true,
    id: 'sha256:1',
    digest: 'kindest/node@sha256:aa',
    size: 1000,
    default: false,
    simulated: false,
  })
  assert.deepEqual(images[3], {
    name: 'kindest/node:v1.36.1',
    local: false,
    id: null,
    digest: null,
    size: null,
    default: true,
    simulated: false,
  })
})

test('all are listed when asked for, each once, without what is no tag', async () => {
  const { names } = await listed({ 'kindest/node': tags }, { all: true })
  assert.deepEqual(
    names.toSorted(),
    tags
      .slice(0, -1)
      .map(tag => `kindest/node:${tag}`)
      .toSorted(),
  )
})

test('only repositories that are named in full are asked, and only allowed tags listed', async () => {
  const nodeImages =
    'kindest/node:v1.3*,docker.io/kindest/node:v1.9.0,d*/node:v1,reg.example:5000/a/node:*,b/node,c/node@sha256:*'
  const { names, asked } = await listed({ 'kindest/node': tags, 'reg.example:5000/a/node': ['v1.2.3'] }, { nodeImages })
  assert.deepEqual(asked, ['kindest/node', 'reg.example:5000/a/node'])
  assert.ok(names.includes('reg.example:5000/a/node:v1.2.3'))
  assert.ok(!names.includes('kindest/node:latest'))
})

test('newest is the newest of those that are allowed', async () => {
  const { names } = await listed({ 'kindest/node': tags }, { nodeImages: 'kindest/node:v1.34.9,kindest/node:v1.34.8' })
  assert.deepEqual(names, ['kindest/node:v1.34.9'])
})

test('without an answer, what is here is listed and the repository named', async () => {
  const nodeImages = 'kindest/node:*,reg.example/node:*'
  const { names, unanswered } = await listed({ 'reg.example/node': ['v1.2.3'] }, { nodeImages })
  assert.deepEqual(names, ['kindest/node:v1.34.2', 'reg.example/node:v1.2.3'])
  assert.deepEqual(unanswered, ['kindest/node'])
})

test('no registry is asked where clusters are simulated', async () => {
  const { names, unanswered, asked } = await listed({}, { simulated: true, all: true })
  assert.deepEqual({ names, unanswered, asked }, { names: ['kindest/node:v1.34.2'], unanswered: [], asked: [] })
})
