#!/usr/bin/env node
// Starts the command line client with the Node.js of node_modules: the one on PATH may be older.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const own = join(root, 'node_modules', '.bin', 'node')
const node = existsSync(own) ? own : process.execPath
const child = spawn(node, [join(root, 'src', 'cli', 'main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' })
// A terminal sends Ctrl-C to both; the client ends itself, and this process with it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', error => {
  process.stderr.write(`kindgate: ${node} could not be started: ${error.message}\n`)
  process.exitCode = 1
})
child.on('exit', code => {
  process.exitCode = code ?? 1
})
