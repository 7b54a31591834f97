// Runs `npm ci` when node_modules is not what package-lock.json names. `npm start` and `npm test` call it first, with
// whatever Node.js the machine has: from 18 on, and with no package installed yet.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const bin = join(modules, '.bin')

const reason = whyInstall()
if (reason) {
  console.log(`Installing packages with npm ci: ${reason}.`)
  const status = install()
  if (status !== 0) process.exit(status)
  const left = whyInstall()
  if (left) {
    console.error(`npm ci ended well, but ${left}. Are npm's install scripts switched off (ignore-scripts)?`)
    process.exit(1)
  }
}

function whyInstall() {
  if (!existsSync(modules)) return 'node_modules is missing'
  // npm writes this file last, so it is missing too where an install was cut short.
  const installed = packagesOf(join(modules, '.package-lock.json'))
  if (!installed) return 'node_modules is incomplete'
  for (const [path, wanted] of Object.entries(packagesOf(join(root, 'package-lock.json')) ?? {})) {
    const present = installed[path]
    if (path === '' || (!present && (wanted.optional || wanted.peer || wanted.devOptional))) continue
    if (present?.version !== wanted.version || present?.integrity !== wanted.integrity)
      return `${path} is not ${wanted.version}`
  }
  if (!existsSync(join(bin, 'node'))) return 'node_modules/.bin/node is missing'
  return undefined
}

function packagesOf(lockfile) {
  try {
    return JSON.parse(readFileSync(lockfile, 'utf8')).packages
  } catch {
    return undefined
  }
}

// The machine's own Node.js runs npm: the one in node_modules is about to be replaced.
function install() {
  const { npm_execpath: npm, npm_node_execpath: node } = process.env
  const [command, ...before] = npm && node ? [node, npm] : ['npm']
  const path = (process.env.PATH ?? '').split(delimiter).filter(folder => resolve(folder) !== bin)
  const { status, error } = spawnSync(
    command,
    [...before, 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, PATH: path.join(delimiter) } },
  )
  if (error) console.error(`npm could not be started: ${error.message}`)
  return status ?? 1
}
