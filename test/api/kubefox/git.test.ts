import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { settings } from '../../support/engine-on-simulated.ts'
import { idOf, member, startKubeFox } from './support.ts'

test('a system is read from a repository that the operator allows, at a branch; its id is the commit', async t => {
  const folder = await mkdtemp(path.join(tmpdir(), 'kgtest-git-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@x.example', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  await mkdir(path.join(folder, 'apps/hello-world'), { recursive: true })
  await mkdir(path.join(folder, 'components/hello'), { recursive: true })
  await writeFile(
    path.join(folder, 'apps/hello-world/app.yaml'),
    'title: Hello World\ncomponents:\n  hello:\n    type: kubefox\n    routes:\n      - type: http\n        match: Path(`/hello`)\n',
  )
  await writeFile(path.join(folder, 'components/hello/main.go'), 'package main\n')
  await writeFile(path.join(folder, 'system.yaml'), 'registry: ghcr.io/acme\n')
  git('init', '-q', '-b', 'main')
  git('add', '.')
  git('commit', '-qm', 'one')
  const commit = git('rev-parse', 'HEAD').trim()
  const url = `file://${folder}`
  const { want } = await startKubeFox(t, { settings: { ...settings, kubefoxGitAllowed: [url] } })
  const made = await want(201, 'POST', `system/demo?gitRepo=${encodeURIComponent(url)}&ref=branch/main`)
  assert.equal(idOf(made), commit)
  assert.equal(member(made.data, 'gitRef'), 'branch/main')
  const hash = commit.slice(0, 7)
  assert.match(JSON.stringify(made.data), new RegExp(`"image":"ghcr.io/acme/demo/hello:${hash}"`))
  await want(409, 'POST', `system/demo?gitRepo=${encodeURIComponent(url)}&ref=${commit}`)
  await want(400, 'POST', `system/demo?gitRepo=${encodeURIComponent(url)}&ref=nix`)
  await want(400, 'POST', `system/demo?gitRepo=${encodeURIComponent(url)}&ref=--upload-pack%3Dx`)
  await want(400, 'POST', `system/demo?gitRepo=${encodeURIComponent('ext::sh -c id')}&ref=main`)
  const other = await want(403, 'POST', `system/demo?gitRepo=${encodeURIComponent(`${url}-other`)}&ref=main`)
  assert.match(other.msg, /KUBEFOX_GIT_ALLOWED/)
})
