import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createTransport, type KubernetesTransport } from '../../../../src/drivers/kubernetes/transport.ts'
import { createWatchedClock, type WatchedClock } from './clock.ts'
import { type HttpsServer, type Identity, listenHttps } from './https-server.ts'
import { createRecorder, type Recorder } from './recorder.ts'

export interface Exchange {
  incoming: IncomingMessage
  outgoing: ServerResponse
}

/** The real transport and a server that leaves every answer to the test. */
export interface Exchanges extends AsyncDisposable {
  server: HttpsServer
  clock: WatchedClock
  transport: KubernetesTransport
  exchanges: Recorder<Exchange>
}

export const json = { 'content-type': 'application/json' }

export async function openExchanges(identity: Identity): Promise<Exchanges> {
  const exchanges = createRecorder<Exchange>()
  const server = await listenHttps(identity, (incoming, outgoing) => exchanges.push({ incoming, outgoing }))
  const clock = createWatchedClock()
  const transport = createTransport({ credentials: server.credentials, clock })
  return {
    server,
    clock,
    transport,
    exchanges,
    async [Symbol.asyncDispose]() {
      transport.close()
      await server[Symbol.asyncDispose]()
      await clock.settle()
      assert.equal(clock.sleepers, 0, 'a timer was left behind')
    },
  }
}

/** Answers everything with the text, as JSON. */
export async function openAnswering(identity: Identity, text: string): Promise<Exchanges> {
  const all = await openExchanges(identity)
  const serve = async () => {
    for (;;) (await all.exchanges.next()).outgoing.writeHead(200, json).end(text)
  }
  void serve()
  return all
}
