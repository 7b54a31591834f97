import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { exampleRepository } from '../../support/git-repository.ts'
import { idOf, startKubeFox } from './support.ts'

const from = (url: string, ref: string) =>
  `system/demo?gitRepo=${encodeURIComponent(url)}&ref=${encodeURIComponent(ref)}`

test('the example is the system that it describes: ids, hashes and images are of its commits', async t => {
  const { folder, url, git, commit } = await exampleRepository(t)
  const first = git('rev-parse', 'HEAD').trim()
  await writeFile(path.join(folder, 'components/hello/serve.sh'), 'exit\n')
  const second = commit('two')
  const [one, two] = [first, second].map(hash => hash.slice(0, 7))
  const { want } = await startKubeFox(t, { settings: { kubefoxGitAllowed: [url] } })
  const made = await want(201, 'POST', from(url, 'branch/main'))
  assert.deepEqual(made.data, {
    id: second,
    kind: 'System',
    apiVersion: 'admin.kubefox.io/v1alpha1',
    gitRepo: url,
    gitHash: second,
    gitRef: 'branch/main',
    apps: {
      'hello-world': {
        gitHash: one,
        title: 'Hello World',
        description: 'Greets whom the environment names',
        vars: { properties: { who: { type: 'string', title: 'Who is greeted' } }, required: ['who'] },
        components: {
          hello: {
            type: 'kubefox',
            gitHash: two,
            image: `ghcr.io/acme/demo/hello:${two}`,
            routes: [{ type: 'http', match: 'Path(`/hello`) || PathPrefix(`/greetings`)' }],
          },
          world: {
            type: 'kubefox',
            gitHash: one,
            image: `registry.example/tools/world:${one}`,
            routes: [{ type: 'cron', schedule: '*/5 * * * *' }],
          },
        },
      },
    },
    status: {},
    metadata: { name: 'demo' },
  })
  assert.equal(made.msg, `created system/demo/id/${second}`)
  assert.equal(idOf(await want(200, 'GET', `system/demo/id/${two}`)), second)
  await want(409, 'POST', from(url, second))
  assert.equal(idOf(await want(201, 'POST', from(url, first))), first)
})

test('what cannot be read is 400 and says why', async t => {
  const { folder, url, git, commit } = await exampleRepository(t)
  const broken = async (branch: string, files: Record<string, string>, remove: string[] = []) => {
    git('switch', '-q', '-C', branch, 'main')
    for (const [file, text] of Object.entries(files)) await writeFile(path.join(folder, file), text)
    for (const file of remove) git('rm', '-rq', file)
    commit(branch)
  }
  await broken('yaml', { 'apps/hello-world/app.yaml': 'a: [' })
  await broken('field', { 'apps/hello-world/app.yaml': 'titel: x' })
  await broken('folder', {}, ['components/world'])
  await broken('empty', {}, ['apps'])
  await broken('type', { 'apps/hello-world/app.yaml': 'components: {hello: {type: bogus}}' })
  await broken('bomb', { 'system.yaml': `a: &a [x]\nb: [${Array(20).fill('*a')}]` })
  const { ask } = await startKubeFox(t, { settings: { kubefoxGitAllowed: [url] } })
  for (const [ref, message] of [
    ['branch/yaml', /apps\/hello-world\/app\.yaml: /],
    ['branch/field', /app\.yaml: \/titel Unexpected property/],
    ['branch/folder', /there is no components\/world/],
    ['branch/empty', /it has no apps\/\{app\}\/app\.yaml/],
    ['branch/type', /is invalid/],
    ['branch/bomb', /system\.yaml: /],
    ['none', /there is no none/],
    ['--upload-pack=x', /is not a branch, tag or commit/],
    ['', /ref is missing/],
  ] as const) {
    const answer = await ask('POST', from(url, ref))
    assert.equal(answer.status, 400, ref)
    assert.match(answer.msg, message, ref)
    assert.ok(!answer.msg.includes('kindgate-git-'), answer.msg)
  }
})

test('only what the operator allows is read, by https and file addresses that are nothing but addresses', async t => {
  const allowed = ['file:///srv/kgtest-none', 'https://git.example/acme/']
  const { ask } = await startKubeFox(t, { settings: { kubefoxGitAllowed: allowed } })
  for (const [status, url] of [
    [403, 'https://other.example/acme/demo.git'],
    [403, 'https://git.example/acme'],
    [403, 'https://git.example/other/demo.git'],
    [403, 'https://git.example/acme/../other/demo.git'],
    [403, 'https://git.example:8443/acme/demo.git'],
    [403, 'https://git.example.evil.example/acme/demo.git'],
    [403, 'file:///srv/kgtest-none-other'],
    [403, 'file:///srv/kgtest-none/../../etc'],
    [403, 'file://srv/kgtest-none'],
    [403, 'https://169.254.169.254/acme/demo.git'],
    [400, 'https://user:token@git.example/acme/demo.git'],
    [400, 'https://git.example/acme/demo.git?x=1'],
    [400, 'https://git.example/acme/demo.git#x'],
    [400, 'https://git.example/acme/%2e%2e/other'],
    [400, 'https://git.example/acme/..\\other'],
    [400, 'http://git.example/acme/demo.git'],
    [400, 'ssh://git.example/acme/demo.git'],
    [400, 'git@git.example:acme/demo.git'],
    [400, 'ext::sh -c id'],
    [400, '--upload-pack=id'],
    [400, '/srv/kgtest-none'],
    [400, ''],
  ] as const) {
    const answer = await ask('POST', from(url, 'main'))
    assert.equal(answer.status, status, `${url}: ${answer.msg}`)
    assert.match(answer.msg, status === 403 ? /KUBEFOX_GIT_ALLOWED/ : /must be an https:\/\/ or file:\/\/ URL/, url)
  }
})
