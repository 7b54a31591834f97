import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import {
  KubeconfigError,
  readKubeconfig,
  renameKubeconfig,
  writeKubeconfig,
} from '../../../src/drivers/kubernetes/kubeconfig.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

/** As kubeadm writes `/etc/kubernetes/admin.conf`. */
const adminConf = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${base64('the CA')}
    server: https://alex-control-plane:6443
  name: alex
contexts:
- context:
    cluster: alex
    user: kubernetes-admin
  name: kubernetes-admin@alex
current-context: kubernetes-admin@alex
kind: Config
preferences: {}
users:
- name: kubernetes-admin
  user:
    client-certificate-data: ${base64('the certificate')}
    client-key-data: ${base64('the key')}
`

describe('readKubeconfig', () => {
  it('gives the credentials of the current context', () => {
    assert.deepEqual(readKubeconfig(adminConf), {
      server: 'https://alex-control-plane:6443',
      ca: 'the CA',
      cert: 'the certificate',
      key: 'the key',
    })
  })

  for (const [what, text, message] of [
    ['that is not YAML', 'a: [', /not YAML/],
    ['that is no object', 'hello', /not a YAML object/],
    ['whose context is missing', adminConf.replace('current-context: k', 'current-context: x'), /contexts/],
    ['whose user is missing', adminConf.replace('- name: kubernetes-admin', '- name: other'), /users/],
    ['without a server', adminConf.replace(/ {4}server.*\n/, ''), /no server/],
    ['without a key', adminConf.replace(/ {4}client-key-data.*\n/, ''), /no client-key-data/],
    ['that names a file', adminConf.replace(/client-key-data.*/, 'client-key: /etc/shadow'), /no client-key-data/],
  ] as const) {
    it(`refuses one ${what} and says so`, () => {
      assert.throws(
        () => readKubeconfig(text),
        (error: unknown) => error instanceof KubeconfigError && message.test(error.message),
      )
    })
  }

  it('never puts a secret into an error', () => {
    const broken = adminConf.replace(base64('the key'), `${base64('the key')}\n  : : {`)
    assert.throws(
      () => readKubeconfig(broken),
      (error: unknown) => error instanceof KubeconfigError && !error.message.includes(base64('the key')),
    )
  })
})

describe('writeKubeconfig', () => {
  it('can be read back', () => {
    const client = { cert: 'a certificate', key: 'a key\nof two lines' }
    const text = writeKubeconfig({ name: 'alex', server: 'https://127.0.0.1:1', ca: 'an authority', client })
    assert.deepEqual(readKubeconfig(text), { server: 'https://127.0.0.1:1', ca: 'an authority', ...client })
  })

  it('writes one without a user, with a name for the cluster, for discovery by file', () => {
    const written = parse(writeKubeconfig({ name: 'alex', server: 'https://10.0.0.2:6443', ca: 'an authority' }))
    assert.deepEqual(written.clusters, [
      {
        cluster: { 'certificate-authority-data': base64('an authority'), server: 'https://10.0.0.2:6443' },
        name: 'alex',
      },
    ])
    assert.deepEqual(written.users, [])
  })
})

describe('renameKubeconfig', () => {
  it('turns admin.conf into what `kind get kubeconfig` prints, to the byte', () => {
    assert.equal(
      renameKubeconfig(adminConf, { cluster: 'alex', server: 'https://127.0.0.1:40123' }),
      adminConf
        .replace('https://alex-control-plane:6443', 'https://127.0.0.1:40123')
        .replaceAll('kubernetes-admin@alex', 'kind-alex')
        .replaceAll('kubernetes-admin', 'kind-alex')
        .replace('name: alex', 'name: kind-alex')
        .replace('cluster: alex', 'cluster: kind-alex'),
    )
  })

  it('refuses one with several clusters', () => {
    const twice = adminConf.replace('clusters:\n', 'clusters:\n- name: other\n  cluster: {}\n')
    assert.throws(() => renameKubeconfig(twice, { cluster: 'alex', server: 'https://127.0.0.1:1' }), KubeconfigError)
  })
})
