import type { Clock } from '../../../../src/clock.ts'
import { startDeadline, unlessAborted } from '../../../../src/deadline.ts'
import { errorFromAnswer, TransportError } from '../../../../src/drivers/kubernetes/errors.ts'
import type { KubernetesRequest, KubernetesTransport } from '../../../../src/drivers/kubernetes/transport.ts'
import type { ApiAnswer, ApiRequest, FakeApiServer } from './api-server.ts'
import type { FakeWatch } from './fake-watch.ts'

/** Carries requests to a fake API server by plain calls, with the errors of the real transport. */
export function createFakeTransport(server: FakeApiServer, clock: Clock): KubernetesTransport {
  async function answer(request: KubernetesRequest, signal: AbortSignal): Promise<Exclude<ApiAnswer, string>> {
    signal.throwIfAborted()
    await null
    const given = server.handle(toApiRequest(request))
    if (given === 'hang') return unlessAborted(new Promise<never>(() => {}), signal)
    if (given === 'reset') throw new TransportError('unreachable', 'connection reset')
    if ('watch' in given || 'stream' in given) return given
    const body: unknown = JSON.parse(JSON.stringify(given.body))
    if (given.status >= 300) throw errorFromAnswer(given.status, body, given.headers?.['retry-after'])
    return { status: given.status, body }
  }

  function deadlineOf(request: KubernetesRequest) {
    const timeoutMs = request.timeoutMs ?? 30_000
    const expired = () => new TransportError('timeout', 'no answer')
    return startDeadline({ clock, timeoutMs, signal: request.signal, expired })
  }

  return {
    async request(request) {
      const deadline = deadlineOf(request)
      try {
        const given = await answer(request, deadline.signal)
        if (!('body' in given)) throw new Error('a stream was asked for by request()')
        return given.body
      } finally {
        deadline.end()
      }
    },
    async stream(request) {
      const deadline = deadlineOf(request)
      const given = await answer(request, deadline.signal)
      deadline.stopTimer()
      if ('stream' in given) return given.stream
      if (!('watch' in given)) throw new Error('not a watch')
      return read(given.watch, deadline.signal)
    },
    close() {},
  }
}

async function* read(watch: FakeWatch, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = watch.chunks()[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await unlessAborted(chunks.next(), signal)
      if (done) return
      yield Buffer.from(value)
    }
  } catch (error) {
    if (signal.aborted) throw error
    throw new TransportError('unreachable', 'connection lost', { cause: error })
  } finally {
    watch.close()
  }
}

function toApiRequest(request: KubernetesRequest): ApiRequest {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(request.query ?? {})) if (value !== undefined) query.set(key, String(value))
  const body: unknown = request.body === undefined ? undefined : JSON.parse(JSON.stringify(request.body))
  const contentType = request.contentType ?? (body === undefined ? '' : 'application/json')
  return { method: request.method ?? 'GET', path: request.path, query, contentType, body }
}
