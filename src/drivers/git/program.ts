import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { GitError, type GitReader, type Tree } from './repository.ts'

const limits = {
  /** For one run of the program, in milliseconds. */
  runMs: 60_000,
  /** Of a file that git writes, such as the pack it has fetched: blocks of 512 bytes, 128 MiB in all. */
  fileBlocks: 262_144,
  /** Of what a run prints, in bytes. */
  output: 8 * 1024 * 1024,
  /** Of a file that is read, in bytes. */
  file: 1024 * 1024,
  files: 20_000,
}

/** Nothing of a repository or of this machine's configuration is carried out or asked for. */
const options = [
  '-c',
  'protocol.ext.allow=never',
  '-c',
  'http.followRedirects=false',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'credential.helper=',
  '-c',
  'submodule.recurse=false',
  '-c',
  'fetch.fsckObjects=true',
  '-c',
  'gc.auto=0',
]

/**
 * Reads repositories with the `git` program. Of the environment it gets PATH, proxies, and the authorities to trust in place
 * of the system's: SSL_CERT_FILE and SSL_CERT_DIR, or git's own GIT_SSL_CAINFO and GIT_SSL_CAPATH.
 */
export function createGitReader(environment: NodeJS.ProcessEnv): GitReader {
  return {
    async withTree({ url, ref }, signal, work) {
      const folder = await mkdtemp(path.join(tmpdir(), 'kindgate-git-'))
      const run = (args: string[]) => git(args, { folder, signal, environment })
      try {
        await run(['init', '--quiet', '--bare', '.'])
        const found = await resolve(run, url, ref)
        await run(['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--', url, found.source])
        const commit = (await run(['rev-parse', '--verify', 'FETCH_HEAD^{commit}'])).trim()
        return await work(await treeOf(run, commit, found.ref))
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}

type Run = (args: string[]) => Promise<string>

/** What to fetch for a ref that a caller gave, and what to call it. */
async function resolve(run: Run, url: string, given: string): Promise<{ source: string; ref: string }> {
  if (/^[0-9a-f]{40}$/.test(given)) return { source: given, ref: `commit/${given}` }
  if (!/^[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}$/.test(given) || given.includes('..') || /\.lock$|\/$|\/\//.test(given))
    throw new GitError(`${JSON.stringify(given.slice(0, 64))} is not a branch, tag or commit`)
  const [, kind, name = given] = /^(?:(branch|tag)\/)?(.+)$/.exec(given) ?? []
  const branch = { source: `refs/heads/${name}`, ref: `branch/${name}` }
  const tag = { source: `refs/tags/${name}`, ref: `tag/${name}` }
  const candidates = kind === 'branch' ? [branch] : kind === 'tag' ? [tag] : [branch, tag]
  const there = await run(['ls-remote', '--', url, ...candidates.map(({ source }) => source)])
  const names = new Set(there.split('\n').map(line => line.split('\t')[1]))
  const found = candidates.find(({ source }) => names.has(source))
  if (!found) throw new GitError(`there is no ${given}`)
  return found
}

async function treeOf(run: Run, commit: string, ref: string): Promise<Tree> {
  const listed = await run(['ls-tree', '-r', '-z', '--name-only', '--full-tree', commit])
  const files = listed.split('\0').filter(name => name !== '')
  if (files.length > limits.files) throw new GitError(`it has more than ${limits.files} files`)
  return {
    commit,
    ref,
    files,
    async read(file) {
      const size = Number(await run(['cat-file', '-s', `${commit}:${file}`]))
      if (!(size <= limits.file)) throw new GitError(`${file} has more than ${limits.file} bytes`)
      return run(['cat-file', 'blob', `${commit}:${file}`])
    },
    async lastChange(place) {
      const hash = (await run(['log', '-1', '--format=%H', commit, '--', place])).trim()
      return hash === '' ? undefined : hash
    },
  }
}

/** Runs git, bounded in time and in what it writes and prints. Its words on errors stay here: they may hold paths. */
function git(
  args: string[],
  { folder, signal, environment }: { folder: string; signal: AbortSignal; environment: NodeJS.ProcessEnv },
): Promise<string> {
  const passed = Object.entries(environment).filter(([name]) => /^(PATH|(HTTPS?|NO|ALL)_PROXY)$/i.test(name))
  return new Promise((resolve, reject) => {
    const child = spawn(
      '/bin/sh',
      ['-c', 'ulimit -f "$0"; exec git "$@"', String(limits.fileBlocks), ...options, ...args],
      {
        cwd: folder,
        env: {
          ...Object.fromEntries(passed),
          ...trustOf(environment),
          HOME: folder,
          LC_ALL: 'C',
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_CONFIG_GLOBAL: '/dev/null',
          GIT_TERMINAL_PROMPT: '0',
          GIT_ASKPASS: '/bin/false',
          GIT_ALLOW_PROTOCOL: 'https:file',
          GIT_LFS_SKIP_SMUDGE: '1',
        },
        stdio: ['ignore', 'pipe', 'ignore'],
        signal,
        timeout: limits.runMs,
        killSignal: 'SIGKILL',
      },
    )
    const chunks: Buffer[] = []
    let length = 0
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > limits.output) child.kill('SIGKILL')
      else chunks.push(chunk)
    })
    child.once('error', () => reject(new GitError('git could not be run')))
    child.once('close', (code, killed) => {
      if (code === 0) return resolve(Buffer.concat(chunks).toString('utf8'))
      if (killed !== null) return reject(new GitError('it is too large, or takes too long'))
      reject(new GitError(code === 127 ? 'git is not installed' : `git ${args[0]} failed`))
    })
  })
}

/** Whom to trust, in git's words: libcurl looks at none of OpenSSL's variables where it is built with GnuTLS. */
function trustOf({ SSL_CERT_FILE, SSL_CERT_DIR, GIT_SSL_CAINFO, GIT_SSL_CAPATH }: NodeJS.ProcessEnv) {
  const file = GIT_SSL_CAINFO || SSL_CERT_FILE
  const folder = GIT_SSL_CAPATH || SSL_CERT_DIR
  return { ...(file ? { GIT_SSL_CAINFO: file } : {}), ...(folder ? { GIT_SSL_CAPATH: folder } : {}) }
}
