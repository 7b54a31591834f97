import type { JsonObject } from '../../../../src/drivers/kubernetes/objects.ts'

/** The server's side of one watch. */
export interface FakeWatch {
  readonly collection: string
  readonly query: URLSearchParams
  event(type: string, object: JsonObject): void
  bookmark(resourceVersion: string): void
  /** Sends bytes as they are. */
  send(text: string): void
  /** Ends in good order. */
  end(): void
  /** Cuts the connection. */
  cut(): void
  /** The reader's side: chunks until `end`; throws after `cut`. */
  chunks(): AsyncIterable<string>
  /** Resolves when the reader has gone or the server has ended. */
  readonly closed: Promise<void>
  close(): void
  /** Chunks that the reader has asked for. */
  readonly taken: number
}

export function createFakeWatch(collection: string, query: URLSearchParams): FakeWatch {
  const queue: string[] = []
  const closed = Promise.withResolvers<void>()
  let state: 'open' | 'ended' | 'cut' = 'open'
  let wake = Promise.withResolvers<void>()
  let taken = 0
  const change = (act: () => void) => {
    act()
    wake.resolve()
    wake = Promise.withResolvers()
  }
  const send = (text: string) => change(() => queue.push(text))
  const finish = (as: 'ended' | 'cut') =>
    change(() => {
      state = as
    })
  return {
    collection,
    query,
    send,
    event: (type, object) => send(`${JSON.stringify({ type, object })}\n`),
    bookmark: resourceVersion =>
      send(`${JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Node', metadata: { resourceVersion } } })}\n`),
    end: () => finish('ended'),
    cut: () => finish('cut'),
    closed: closed.promise,
    close: () => closed.resolve(),
    get taken() {
      return taken
    },
    async *chunks() {
      try {
        for (;;) {
          if (state === 'cut') throw new Error('cut')
          const chunk = queue.shift()
          if (chunk !== undefined) {
            taken += 1
            yield chunk
          } else if (state === 'ended') return
          else await wake.promise
        }
      } finally {
        closed.resolve()
      }
    },
  }
}
