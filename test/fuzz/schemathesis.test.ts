import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { hashOf, newToken } from '../../src/engine/accounts/tokens.ts'
import { startGateway } from '../e2e/gateway.ts'

/** Longest that one run may generate requests, in seconds. */
const budget = 45
const root = fileURLToPath(new URL('../..', import.meta.url))

const cleanups: (() => Promise<void>)[] = []
after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
})
// Only now, so that the hook above comes before the one that ends the database server.
const { testDatabase } = await import('../support/postgres.ts')
const { url, store } = await testDatabase({ after: work => void cleanups.push(work) })
const gateway = await startGateway({
  environment: {
    DATABASE_URL: url,
    CREDENTIAL_FAILURES: '1000000',
    RUNTIME: 'simulated',
    // What it tries must not be refused for being much.
    QUOTA_CLUSTERS: '100000',
    QUOTA_NODES: '100000',
    QUOTA_REQUESTS: '1000000',
  },
})
cleanups.push(async () => gateway[Symbol.asyncDispose]())

/** A user and a token, put into the database: the routes that make them are among what is tried. */
async function tokenOf(name: string, admin: boolean): Promise<string> {
  const token = newToken()
  await store.transaction(async sql => {
    await sql`insert into users (name, admin) values (${name}, ${admin})`
    await sql`
      insert into tokens (id, user_name, name, hash) values (${randomUUID()}, ${name}, 'fuzz', ${hashOf(token)})`
  })
  const known = async () => {
    const answer = await fetch(new URL('/api/v1/version', gateway.url), {
      headers: { authorization: `Bearer ${token}` },
    })
    return answer.ok
  }
  while (!(await known())) await new Promise(resolve => setImmediate(resolve))
  return token
}

/** What Schemathesis finds over the whole document with a credential; empty when it finds nothing. */
async function findings(token: string): Promise<string> {
  const { stdout, status, stderr } = spawnSync('test/machine/schemathesis.sh', { cwd: root, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  const child = spawn(
    stdout.trim(),
    [
      ['--config-file', 'test/fuzz/schemathesis.toml'],
      ['run', new URL('/openapi.json', gateway.url).href],
      ['--header', `Authorization: Bearer ${token}`],
      // Asks registries, and no test's request leaves the machine.
      ['--exclude-path', '/api/v1/k8s/images'],
      ['--phases', 'examples,coverage,fuzzing'],
      ['--seed', '1', '--max-time', String(budget)],
      ['--request-timeout', '10', '--continue-on-failure', '--warnings', 'off', '--no-shrink'],
    ].flat(),
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], timeout: 3 * budget * 1000, killSignal: 'SIGKILL' },
  )
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  if (code === 0) return ''
  // It shows requests of any length.
  return `${output}${errors}`.replaceAll(/^(.{400}).+$/gm, '$1 …')
}

for (const admin of [false, true]) {
  test(`${admin ? 'an admin' : 'a user'} gets no answer that the OpenAPI document does not foresee`, async () => {
    const found = await findings(await tokenOf(admin ? 'fuzzing-admin' : 'fuzzing-user', admin))
    assert.equal(found, '', found)
    await gateway.call('GET', '/readyz', { status: 200 })
  })
}
