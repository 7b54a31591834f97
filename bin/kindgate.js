#!/usr/bin/env node
// The command line client. Where the Node.js on PATH is too old for it, the one of node_modules runs it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const least = 24
const file = fileURLToPath(import.meta.url)
const root = dirname(dirname(file))

if (Number(process.versions.node.split('.')[0]) >= least) {
  // Compiling the modules takes most of a start; where the folder cannot be written, they are compiled each time.
  module.enableCompileCache(join(root, 'node_modules', '.cache', 'kindgate'))
  await import('../src/cli/main.ts')
} else {
  const node = join(root, 'node_modules', '.bin', 'node')
  if (existsSync(node) && !process.env.KINDGATE_RESTARTED) restart(node)
  else fail(`Node.js ${least} is needed, and this is ${process.versions.node}: run npm install in ${root}`)
}

/** @param {string} node */
function restart(node) {
  const env = { ...process.env, KINDGATE_RESTARTED: '1' }
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit', env })
  // A terminal sends Ctrl-C to both; the client ends itself, and this process with it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', error => fail(`${node} could not be started: ${error.message}`))
  child.on('exit', code => {
    process.exitCode = code ?? 1
  })
}

/** @param {string} words */
function fail(words) {
  process.stderr.write(`kindgate: ${words}\n`)
  process.exitCode = 1
}
