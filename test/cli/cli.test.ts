import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { compactDecrypt, exportJWK, generateKeyPair } from 'jose'
import { createScreen } from '../../src/cli/screen.ts'
import { readTarget } from '../../src/cli/settings.ts'
import { setUp } from '../api/support.ts'
import { tokens } from '../support/engine.ts'

const bin = path.join(import.meta.dirname, '../../bin/kindgate.js')

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kgtest-cli-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Runs the command line client in a folder of its own, its output piped. */
async function kindgate(t: TestContext, args: string[], env: Record<string, string> = {}) {
  const folder = await folderOf(t)
  const child = spawn(process.execPath, [bin, ...args], { cwd: folder, env: { HOME: folder, PATH: '', ...env } })
  t.after(() => child.kill())
  let out = ''
  let err = ''
  child.stdout.on('data', chunk => {
    out += chunk
  })
  child.stderr.on('data', chunk => {
    err += chunk
  })
  const closed = once(child, 'close')
  return { child, closed: closed.then(([status]) => ({ status: Number(status), out, err })) }
}

const run = async (...given: Parameters<typeof kindgate>) => (await kindgate(...given)).closed

test('piped, each message is a JSON document of a line; the status says how it ended', async t => {
  const { engine, listen } = await setUp(t)
  engine.putNode('node-2b251a2c.localhost')
  const env = { KINDGATE_TOKEN: tokens.ann, QBO_PORT: String(await listen()) }
  const { status, out, err } = await run(t, ['get', 'nodes', '-A'], env)
  assert.deepEqual([status, err], [0, ''])
  const messages: { nodes?: { name: string }[]; command: string }[] = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  assert.deepEqual(
    messages.flatMap(({ nodes = [] }) => nodes.map(({ name }) => name)),
    ['node-2b251a2c.localhost'],
  )
  assert.equal(messages.at(-1)?.command, 'CMD_DONE')

  const failed = await run(t, ['delete', 'cluster', 'nobody'], env)
  assert.equal(failed.status, 1)
  assert.match(failed.err, /^kindgate: 404 Not Found: .*nobody/)
})

test('Ctrl-C ends a watch', async t => {
  const { engine, listen } = await setUp(t)
  engine.putCluster('alex')
  const env = { KINDGATE_TOKEN: tokens.ann, QBO_PORT: String(await listen()) }
  const { child, closed } = await kindgate(t, ['get', 'clusters', '-A', '-w'], env)
  await once(child.stdout, 'data')
  child.kill('SIGINT')
  assert.equal((await closed).status, 0)
})

test('a wrong line is told before connecting, a refused credential in words', async t => {
  const wrong = await run(t, ['get', 'cluser', 'alex'])
  assert.equal(wrong.status, 1)
  assert.match(wrong.err, /^kindgate: column 5: "cluser" is no object of get/)
  assert.match((await run(t, ['version'])).err, /no credential/)
  const { listen } = await setUp(t)
  const refused = await run(t, ['version'], { KINDGATE_TOKEN: 'kg_wrong', QBO_PORT: String(await listen()) })
  assert.deepEqual([refused.status, refused.out], [1, ''])
  assert.match(refused.err, /401 Unauthorized/)
})

test('--help comes from the grammar', async t => {
  const { status, out } = await run(t, ['add', 'cluster', '--help'])
  assert.equal(status, 0)
  assert.match(out, /^Usage: kindgate add clusters NAME\.\.\. \[options\][\s\S]*-n, --nodes NODES/)
})

test('the configuration is the environment, then ~/.qbo/cli.json, then the token of this folder', async t => {
  const home = await folderOf(t)
  await mkdir(path.join(home, 'data'))
  await writeFile(path.join(home, 'data/admin.token'), 'kg_admin\n')
  const at = (env: Record<string, string> = {}) => readTarget({ env, home, folder: home })
  assert.deepEqual(await at(), { url: 'ws://127.0.0.1:9601/qbo', headers: { authorization: 'Bearer kg_admin' } })
  await assert.rejects(at({ QBO_HOST: 'other.example' }), /no credential/)

  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { crv: 'P-521', extractable: true })
  const { crv, kty, x, y } = await exportJWK(publicKey)
  const account = { qbo_uid: { crv, kty, x, y }, qbo_aux: 'an aux', qbo_port: 443, qbo_host: 'gateway.example' }
  await mkdir(path.join(home, '.qbo'))
  await writeFile(path.join(home, '.qbo/cli.json'), JSON.stringify(account))
  const { url, headers } = await at()
  assert.equal(url, 'wss://gateway.example:443/qbo')
  const [, compact = '', aux] = /^qbo_uid=(\S+); qbo_aux=(.*)$/.exec(headers.cookie ?? '') ?? []
  assert.equal(aux, 'an aux')
  assert.equal(new TextDecoder().decode((await compactDecrypt(compact, privateKey)).plaintext), 'an aux')

  assert.deepEqual(await at({ QBO_UID: 'a-token', QBO_HOST: 'localhost', QBO_PORT: '8080' }), {
    url: 'ws://localhost:8080/qbo',
    headers: { cookie: 'qbo_uid=a-token; qbo_aux=' },
  })
})

test('a terminal shows the last of each thing, a bar while work goes on, and only a kubeconfig for -k', () => {
  const screen = createScreen({ color: false })
  const node = { name: 'node-1', cluster: 'alex', state: 'created', address: '', image: 'i', user: 'ann' }
  screen.take({ nodes: [node], output: [{ message: 'starting\u001b[2J', step: 2, steps: 4 }] })
  assert.match(screen.text(), /node-1 .*created/)
  assert.match(screen.text(), /█{12}░{12} 2\/4 starting \[2J$/)
  screen.take({ nodes: [{ ...node, state: 'ready' }] })
  assert.match(screen.text(), /ready/)
  assert.doesNotMatch(screen.text(), /created/)
  screen.take({ nodes: [{ ...node, state: 'deleted' }], command: 'CMD_DONE' })
  assert.doesNotMatch(screen.text(), /node-1|█/)

  const other = createScreen({ color: false })
  other.take({ output: [{ kubeconfig: 'apiVersion: v1\n' }] })
  other.take({ output: [{ message: 'thread 1 terminated' }], command: 'CMD_DONE' })
  assert.equal(other.text(), 'apiVersion: v1')
})

const has = (program: string) => spawnSync('which', [program]).status === 0

test('the idioms of scripts work on what is piped', { skip: !has('jq') && 'there is no jq' }, async t => {
  const { engine, listen } = await setUp(t)
  engine.putCluster('alex')
  engine.putNode('control-f5047fd5.localhost')
  engine.putNode('node-2b251a2c.localhost')
  const env = { KINDGATE_TOKEN: tokens.ann, QBO_PORT: String(await listen()) }
  const jq = (input: string, ...args: string[]) => spawnSync('jq', args, { input, encoding: 'utf8' })

  const nodes = await run(t, ['get', 'nodes', '-A'], env)
  const workers = jq(nodes.out, '-r', '.nodes[]? | select(.name | contains("node-")) | .name')
  assert.equal(workers.stdout, 'node-2b251a2c.localhost\n')
  const there = await run(t, ['get', 'cluster', 'alex'], env)
  assert.notEqual(jq(there.out, '-e', '.clusters[]?').stdout, '')
  const missing = await run(t, ['get', 'cluster', 'nobody'], env)
  assert.deepEqual([missing.status, jq(missing.out, '-e', '.clusters[]?').stdout], [0, ''])
})

test('on a terminal it shows a table', { skip: !has('script') && 'there is no script' }, async t => {
  const { engine, listen } = await setUp(t)
  engine.putNode('node-2b251a2c.localhost')
  const env = { ...process.env, KINDGATE_TOKEN: tokens.ann, QBO_PORT: String(await listen()), TERM: 'xterm' }
  const child = spawn('script', ['-qec', `${process.execPath} ${bin} get nodes -A`, '/dev/null'], { env })
  t.after(() => child.kill())
  let out = ''
  child.stdout.on('data', chunk => {
    out += chunk
  })
  const [status] = await once(child, 'close')
  assert.equal(status, 0)
  const table = stripVTControlCharacters(out)
  assert.match(table, /NAME .*CLUSTER .*STATE/)
  assert.match(table, /node-2b251a2c\.localhost/)
  assert.doesNotMatch(table, /CMD_DONE/)
})
