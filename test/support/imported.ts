import { createFakeApiServer, type FakeApiServer } from '../drivers/kubernetes/support/api-server.ts'
import { createIdentity, serveApi } from '../drivers/kubernetes/support/https-server.ts'

/** A cluster that somebody else runs: its API server over TLS on loopback, and a kubeconfig of its admin. */
export interface ForeignCluster {
  api: FakeApiServer
  server: string
  /** With members of the user and of the cluster beside or instead of those that are good. */
  kubeconfig(user?: object, cluster?: object): string
  /** The key that the kubeconfig holds, in PEM. */
  key: string
  /** From now on nobody answers there. */
  stop(): Promise<void>
}

export async function startForeignCluster(t: { after(work: () => Promise<void>): void }): Promise<ForeignCluster> {
  const identity = await createIdentity()
  const api = createFakeApiServer()
  api.put('/api/v1/nodes', {
    metadata: { name: 'far-1', labels: { 'node-role.kubernetes.io/control-plane': '' } },
    status: { nodeInfo: { kubeletVersion: 'v1.33.1' }, conditions: [{ type: 'Ready', status: 'True' }] },
  })
  api.put('/api/v1/pods', pod('web'))
  const https = await serveApi(identity, api)
  let stopped: Promise<void> | undefined
  const stop = async () => {
    stopped ??= Promise.resolve(https[Symbol.asyncDispose]())
    await stopped
  }
  t.after(stop)
  const { server } = https.credentials
  return {
    api,
    server,
    stop,
    key: identity.client.key,
    kubeconfig: (user = {}, cluster = {}) =>
      JSON.stringify({
        'current-context': 'far',
        contexts: [{ name: 'far', context: { cluster: 'far', user: 'admin' } }],
        clusters: [
          {
            name: 'far',
            cluster: { server, 'certificate-authority-data': base64(identity.authority.cert), ...cluster },
          },
        ],
        users: [
          {
            name: 'admin',
            user: {
              'client-certificate-data': base64(identity.client.cert),
              'client-key-data': base64(identity.client.key),
              ...user,
            },
          },
        ],
      }),
  }
}

export function pod(name: string): { metadata: object; spec: object; status: object } {
  return {
    metadata: { name, namespace: 'default' },
    spec: { nodeName: 'far-1', containers: [{ name: 'main', image: 'nginx' }] },
    status: { phase: 'Running' },
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
