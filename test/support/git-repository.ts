import { execFileSync } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The tree that docs/kubefox.md shows. */
export const exampleTree = fileURLToPath(new URL('../fixtures/kubefox-repository', import.meta.url))

export interface GitRepository {
  /** With a working tree, on the branch main. */
  folder: string
  url: string
  git(...args: string[]): string
  /** Adds all there is, and answers with the commit. */
  commit(message: string): string
}

/** A repository whose only commit holds the example; it goes with the test. */
export async function exampleRepository(t: { after(work: () => Promise<void>): void }): Promise<GitRepository> {
  const parent = await mkdtemp(path.join(tmpdir(), 'kgtest-git-'))
  t.after(() => rm(parent, { recursive: true, force: true }))
  const folder = path.join(parent, 'acme')
  await cp(exampleTree, folder, { recursive: true })
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@x.example', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: process.env.PATH, HOME: parent, GIT_CONFIG_NOSYSTEM: '1' },
    })
  const commit = (message: string) => {
    git('add', '.')
    git('commit', '-qm', message)
    return git('rev-parse', 'HEAD').trim()
  }
  git('init', '-q', '-b', 'main')
  commit('one')
  return { folder, url: `file://${folder}`, git, commit }
}
