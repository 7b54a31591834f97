import type { KubernetesTransport } from '../../../../src/drivers/kubernetes/transport.ts'
import { createTransport } from '../../../../src/drivers/kubernetes/transport.ts'
import { createFakeApiServer, type FakeApiServer } from './api-server.ts'
import { createWatchedClock, type WatchedClock } from './clock.ts'
import { createFakeTransport } from './fake-transport.ts'
import { createIdentity, type Identity, serveApi } from './https-server.ts'

/** A fake API server and a way to it. */
export interface World extends AsyncDisposable {
  api: FakeApiServer
  clock: WatchedClock
  transport: KubernetesTransport
}

export interface WorldKind {
  name: string
  open(): Promise<World>
}

/** The same promises are kept over plain calls and over TLS sockets on loopback. */
export function createWorlds(): WorldKind[] {
  let identity: Promise<Identity> | undefined
  return [
    {
      name: 'a fake transport',
      async open() {
        const api = createFakeApiServer()
        const clock = createWatchedClock()
        return { api, clock, transport: createFakeTransport(api, clock), async [Symbol.asyncDispose]() {} }
      },
    },
    {
      name: 'HTTPS on loopback',
      async open() {
        identity ??= createIdentity()
        const api = createFakeApiServer()
        const clock = createWatchedClock()
        const server = await serveApi(await identity, api)
        const transport = createTransport({ credentials: server.credentials, clock })
        return {
          api,
          clock,
          transport,
          async [Symbol.asyncDispose]() {
            transport.close()
            await server[Symbol.asyncDispose]()
          },
        }
      },
    },
  ]
}
