// A kubeconfig of somebody else can run programs (exec, auth-provider) and read files where it is used.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { startServed } from '../api/served.ts'
import { problemOf } from '../api/support.ts'
import { startForeignCluster } from '../support/imported.ts'

const url = '/api/v1/clusters'

test('a kubeconfig that runs programs or reads files is refused, by name, and nothing is run', async t => {
  const served = await startServed(t)
  const far = await startForeignCluster(t)
  const directory = await mkdtemp(path.join(tmpdir(), 'kindgate-imports-'))
  t.after(() => rm(directory, { recursive: true }))
  const touch = { command: 'touch', args: [path.join(directory, 'ran')], apiVersion: 'client.authentication.k8s.io/v1' }
  for (const [member, user, cluster] of [
    ['users/0/user/exec', { exec: touch }, {}],
    ['users/0/user/auth-provider', { 'auth-provider': { name: 'gcp', config: { 'cmd-path': 'touch' } } }, {}],
    ['users/0/user/tokenFile', { tokenFile: '/etc/passwd' }, {}],
    ['users/0/user/client-certificate', { 'client-certificate': '/etc/passwd' }, {}],
    ['users/0/user/client-key', { 'client-key': '/etc/shadow' }, {}],
    ['clusters/0/cluster/certificate-authority', {}, { 'certificate-authority': '/etc/passwd' }],
    ['clusters/0/cluster/proxy-url', {}, { 'proxy-url': 'http://127.0.0.1:9601' }],
  ] as const) {
    const payload = { name: 'evil', kubeconfig: far.kubeconfig(user, cluster) }
    const problem = problemOf(await served.ask('root', { method: 'POST', url, payload }), 422, 'Unprocessable')
    assert.deepEqual(
      problem.errors.map(error => error.where),
      [`/body/kubeconfig/${member}`],
    )
  }
  assert.deepEqual(await readdir(directory), [])
  assert.deepEqual(far.api.requests.all, [])
  assert.equal(served.engine.tables.clusters.byName('evil'), undefined)
})

test('the metadata service is never reached, and what is near the gateway by admins alone', async t => {
  const served = await startServed(t)
  const far = await startForeignCluster(t)
  const ask = (as: 'ann' | 'root', server: string) =>
    served.ask(as, { method: 'POST', url, payload: { name: 'near', kubeconfig: far.kubeconfig({}, { server }) } })
  for (const server of ['https://169.254.169.254/', 'https://[fe80::1]:6443', 'https://0xa9fea9fe'])
    for (const as of ['ann', 'root'] as const) problemOf(await ask(as, server), 422, 'Unprocessable')
  problemOf(await ask('ann', far.server), 422, 'Unprocessable')
  problemOf(await ask('ann', 'https://10.0.0.1:6443'), 422, 'Unprocessable')
  assert.equal((await ask('root', far.server)).statusCode, 202)
})
