import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { readImportedKubeconfig } from '../../../src/drivers/kubernetes/imported-kubeconfig.ts'

const pem = (what: string) => `-----BEGIN ${what}-----\nAAAA\n-----END ${what}-----\n`
const base64 = (text: string) => Buffer.from(text).toString('base64')

function kubeconfig({ user = { token: 's3cret' }, cluster = {}, more = {} }: Record<string, object> = {}): string {
  return stringify({
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
    clusters: [
      {
        name: 'c',
        cluster: {
          server: 'https://203.0.113.7:6443',
          'certificate-authority-data': base64(pem('CERTIFICATE')),
          ...cluster,
        },
      },
    ],
    users: [{ name: 'u', user }],
    ...more,
  })
}

const pointersOf = (text: string) => readImportedKubeconfig(text).faults?.map(fault => fault.pointer)

describe('readImportedKubeconfig', () => {
  it('takes a token or a client certificate', () => {
    const base = { server: 'https://203.0.113.7:6443', ca: pem('CERTIFICATE') }
    assert.deepEqual(readImportedKubeconfig(kubeconfig()).credentials, { ...base, token: 's3cret' })
    const user = {
      'client-certificate-data': base64(pem('CERTIFICATE')),
      'client-key-data': base64(pem('PRIVATE KEY')),
    }
    assert.deepEqual(readImportedKubeconfig(kubeconfig({ user })).credentials, {
      ...base,
      client: { cert: pem('CERTIFICATE'), key: pem('PRIVATE KEY') },
    })
  })

  for (const key of ['exec', 'auth-provider', 'tokenFile', 'client-certificate', 'client-key', 'username', 'as'])
    it(`refuses ${key} of a user, and names it`, () => {
      const user = { token: 's3cret', [key]: '/etc/passwd' }
      assert.deepEqual(pointersOf(kubeconfig({ user })), [`/users/0/user/${key}`])
    })

  for (const key of ['certificate-authority', 'proxy-url'])
    it(`refuses ${key} of a cluster, and names it`, () => {
      assert.deepEqual(pointersOf(kubeconfig({ cluster: { [key]: '/etc/x' } })), [`/clusters/0/cluster/${key}`])
    })

  it('refuses a server that is not verified', () => {
    const cluster = { 'insecure-skip-tls-verify': true }
    assert.deepEqual(pointersOf(kubeconfig({ cluster })), ['/clusters/0/cluster/insecure-skip-tls-verify'])
  })

  it('names all that is refused, in other contexts too', () => {
    const users = [
      { name: 'u', user: { token: 'x' } },
      { name: 'other', user: { exec: { command: 'sh' }, tokenFile: '/t' } },
    ]
    const found = pointersOf(kubeconfig({ more: { users } }))
    assert.deepEqual(found, ['/users/1/user/exec', '/users/1/user/tokenFile'])
  })

  it('says what is missing or of the wrong form', () => {
    assert.deepEqual(pointersOf('a: ['), [''])
    assert.deepEqual(pointersOf('[]'), [''])
    assert.deepEqual(pointersOf(kubeconfig({ user: {} })), ['/users/0/user'])
    assert.deepEqual(pointersOf(kubeconfig({ more: { 'current-context': 'x' } })), ['/current-context'])
    assert.deepEqual(pointersOf(kubeconfig({ more: { users: [] } })), ['/contexts/0/context/user'])
    for (const server of ['http://a', 'https://u:p@a', 'file:///etc', 'x'])
      assert.deepEqual(pointersOf(kubeconfig({ cluster: { server } })), ['/clusters/0/cluster/server'], server)
    const ca = { 'certificate-authority-data': 'AAAA' }
    assert.deepEqual(pointersOf(kubeconfig({ cluster: ca })), ['/clusters/0/cluster/certificate-authority-data'])
  })

  it('property: any text is answered, and a fault never repeats a secret', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const { credentials, faults } = readImportedKubeconfig(text)
        assert.ok(credentials !== undefined || faults.length > 0)
      }),
    )
    const { faults } = readImportedKubeconfig(kubeconfig({ user: { token: 'hunter2\n', tokenFile: '/secret/path' } }))
    assert.doesNotMatch(JSON.stringify(faults), /hunter2|secret/)
  })
})
