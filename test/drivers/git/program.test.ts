import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { createGitReader } from '../../../src/drivers/git/program.ts'
import { GitError, type Tree } from '../../../src/drivers/git/repository.ts'
import { exampleRepository, type GitRepository } from '../../support/git-repository.ts'
import { type Site, serveGit } from './https-git.ts'

const never = new AbortController().signal
const environment = { PATH: process.env.PATH }

type Test = Parameters<typeof exampleRepository>[0]

/** The example behind TLS, as `demo.git`; `read` trusts the authority of the server. */
async function served(
  t: Test,
  { instead, change }: { instead?: Site['instead']; change?(of: GitRepository): unknown } = {},
) {
  const repository = await exampleRepository(t)
  await change?.(repository)
  const root = path.dirname(repository.folder)
  repository.git('clone', '-q', '--bare', repository.folder, path.join(root, 'demo.git'))
  const site = await serveGit(t, { root, ...(instead ? { instead } : {}) })
  const reader = createGitReader({ ...environment, SSL_CERT_FILE: site.ca })
  const read = <T>(ref: string, work: (tree: Tree) => Promise<T>, url = `${site.origin}/demo.git`) =>
    reader.withTree({ url, ref }, never, work)
  return { repository, root, site, read }
}

const commitOf = async (tree: Tree) => tree.commit

test('a repository is read over TLS by an authority that the operator trusts: branch, tag, commit', async t => {
  const first: string[] = []
  const { repository, site, read } = await served(t, {
    async change(of) {
      first.push(of.git('rev-parse', 'HEAD').trim())
      of.git('tag', '-a', 'v1', '-m', 'annotated')
      await writeFile(path.join(of.folder, 'components/hello/serve.sh'), 'exit\n')
      of.commit('two')
    },
  })
  const head = repository.git('rev-parse', 'HEAD').trim()
  const [one = ''] = first
  const seen = await read('main', async tree => ({
    commit: tree.commit,
    ref: tree.ref,
    files: tree.files,
    text: await tree.read('components/hello/serve.sh'),
    changed: [
      await tree.lastChange('components/hello'),
      await tree.lastChange('components/world'),
      await tree.lastChange('no'),
    ],
  }))
  assert.deepEqual(seen, {
    commit: head,
    ref: 'branch/main',
    files: [
      'apps/hello-world/app.yaml',
      'components/hello/Dockerfile',
      'components/hello/serve.sh',
      'components/world/Dockerfile',
      'system.yaml',
    ],
    text: 'exit\n',
    changed: [head, one, undefined],
  })
  assert.equal(await read('tag/v1', commitOf), one)
  assert.equal(await read(one, commitOf), one)
  assert.ok(
    site.asked.every(line => /^(GET|POST) \/demo\.git\/(info\/refs|git-upload-pack)$/.test(line)),
    site.asked.join(),
  )
})

test('a server whose authority nobody trusts is not read', async t => {
  const { site } = await served(t)
  await assert.rejects(
    createGitReader(environment).withTree({ url: `${site.origin}/demo.git`, ref: 'main' }, never, commitOf),
    GitError,
  )
  assert.deepEqual(site.asked, [])
})

test('what is not there is an error without paths of this machine', async t => {
  const { read, site, root } = await served(t)
  for (const [ref, url] of [
    ['main', `${site.origin}/other.git`],
    ['none', `${site.origin}/demo.git`],
    ['f'.repeat(40), `${site.origin}/demo.git`],
  ] as const)
    await assert.rejects(read(ref, commitOf, url), error => {
      assert.ok(error instanceof GitError)
      assert.ok(!error.message.includes(root) && !error.message.includes(tmpdir()), error.message)
      return true
    })
})

for (const where of ['info/refs', 'git-upload-pack'])
  for (const status of [301, 302, 307, 308])
    test(`a redirect (${status}) of ${where} is not followed`, async t => {
      const hidden = await served(t)
      const { read, site } = await served(t, {
        instead(request, answer) {
          if (!request.url?.split('?')[0]?.endsWith(where)) return false
          answer.writeHead(status, { location: `${hidden.site.origin}${request.url}` }).end()
          return true
        },
      })
      await assert.rejects(read('main', commitOf), GitError)
      assert.ok(
        site.asked.some(line => line.endsWith(where)),
        site.asked.join(),
      )
      assert.deepEqual(hidden.site.asked, [])
    })

test('a server without a git program leads nowhere else by its alternates', async t => {
  const hidden = await served(t)
  const files = new Map<string, string>()
  const { read, site } = await served(t, {
    instead(request, answer) {
      const file = request.url?.split('?')[0]?.replace('/demo.git/', '') ?? ''
      answerFile(answer, files.get(file))
      return true
    },
  })
  const commit = hidden.repository.git('rev-parse', 'HEAD').trim()
  const elsewhere = `${hidden.site.origin}/demo.git/objects\n`
  files.set('info/refs', `${commit}\trefs/heads/main\n`)
  files.set('HEAD', 'ref: refs/heads/main\n')
  files.set('objects/info/http-alternates', elsewhere)
  files.set('objects/info/alternates', elsewhere)
  files.set('objects/info/packs', '')
  await assert.rejects(read('main', commitOf), GitError)
  assert.ok(
    site.asked.some(line => line.includes('objects')),
    site.asked.join(),
  )
  assert.deepEqual(hidden.site.asked, [])
})

test('submodules are not fetched', async t => {
  const hidden = await served(t)
  const { read } = await served(t, {
    change(of) {
      const commit = of.git('rev-parse', 'HEAD').trim()
      of.git('config', '-f', '.gitmodules', 'submodule.sub.path', 'sub')
      of.git('config', '-f', '.gitmodules', 'submodule.sub.url', `${hidden.site.origin}/demo.git`)
      of.git('add', '.gitmodules')
      of.git('update-index', '--add', '--cacheinfo', `160000,${commit},sub`)
      of.git('commit', '-qm', 'two')
    },
  })
  assert.ok((await read('main', async tree => tree.files)).includes('.gitmodules'))
  assert.deepEqual(hidden.site.asked, [])
})

for (const url of [
  'ext::sh -c "touch pwned"',
  'ssh://127.0.0.1/x',
  'git://127.0.0.1/x',
  'http://127.0.0.1:9/x',
  '--upload-pack=touch pwned',
])
  test(`${url} is no way to a repository, even where it was let through`, async () => {
    await assert.rejects(createGitReader(environment).withTree({ url, ref: 'main' }, never, commitOf), GitError)
  })

for (const ref of [
  '--upload-pack=x',
  '-c',
  '',
  '../x',
  'a..b',
  'a.lock',
  'a/',
  'a//b',
  'x y',
  'x:y',
  'x^{commit}',
  '+main',
  'refs/heads/main\n',
  'x'.repeat(201),
])
  test(`${JSON.stringify(ref).slice(0, 30)} is no ref`, async t => {
    const { url } = await exampleRepository(t)
    await assert.rejects(createGitReader(environment).withTree({ url, ref }, never, commitOf), GitError)
  })

test('a file that is too large is not read, and nothing is left behind', async t => {
  const before = await leftovers()
  const { folder, url, commit } = await exampleRepository(t)
  await mkdir(path.join(folder, 'apps/big'), { recursive: true })
  await writeFile(path.join(folder, 'apps/big/app.yaml'), '#'.repeat(1024 * 1024 + 1))
  commit('two')
  const reader = createGitReader(environment)
  await assert.rejects(
    reader.withTree({ url, ref: 'main' }, never, tree => tree.read('apps/big/app.yaml')),
    /has more than 1048576 bytes/,
  )
  assert.deepEqual(await leftovers(), before)
})

async function leftovers(): Promise<string[]> {
  return (await readdir(tmpdir())).filter(name => name.startsWith('kindgate-git-'))
}

function answerFile(answer: ServerResponse, text: string | undefined): void {
  answer.writeHead(text === undefined ? 404 : 200, { 'content-type': 'text/plain' }).end(text)
}
