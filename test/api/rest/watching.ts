import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { createInterface } from 'node:readline'
import { tokens } from '../../support/engine.ts'
import { validatorOf } from '../contract.ts'

/** An event as it came over the wire; `id` and `event` only from Server-Sent Events. */
export interface Received {
  id?: string
  event?: string
  type: string
  object: { name?: string; state?: string; metadata: { resourceVersion: string; annotations?: object } }
}

export interface OpenWatch {
  answer: IncomingMessage
  /** The next event; undefined at the end of the stream. */
  next(): Promise<Received | undefined>
  /** So many events, told in short: `ADDED alex`. */
  tell(count: number): Promise<string[]>
  /** Everything up to the end of the stream, told in short. */
  rest(): Promise<string[]>
  /** Goes away without a word. */
  leave(): void
}

/** Opens a watch over a real connection. `schema` is the name of its event's schema, which every event must fit. */
export async function openWatch(
  port: number,
  path: string,
  options: { schema?: string; as?: keyof typeof tokens; headers?: Record<string, string> } = {},
): Promise<OpenWatch> {
  const { schema = 'ClusterEvent', as = 'root', headers } = options
  const outgoing = request({
    port,
    path: `/api/v1/${path}`,
    agent: false,
    headers: { authorization: `Bearer ${tokens[as]}`, ...headers },
  })
  outgoing.on('error', () => {})
  outgoing.end()
  const [answer]: IncomingMessage[] = await once(outgoing, 'response')
  assert.ok(answer)
  answer.on('error', () => {})
  const check = validatorOf(schema)
  const events = read(answer)
  const next = async () => {
    const { value } = await events.next()
    if (value) assert.equal(check(JSON.parse(JSON.stringify({ type: value.type, object: value.object }))), undefined)
    return value
  }
  return {
    answer,
    next,
    tell: async count => {
      const told: string[] = []
      while (told.length < count) told.push(short(await next()))
      return told
    },
    rest: async () => {
      const told: string[] = []
      for (let event = await next(); event; event = await next()) told.push(short(event))
      return told
    },
    leave: () => outgoing.destroy(),
  }
}

export function short(event: Received | undefined): string {
  return event ? [event.type, event.object.name].filter(Boolean).join(' ') : 'END'
}

/** Takes newline-delimited JSON and Server-Sent Events apart. */
async function* read(answer: IncomingMessage): AsyncGenerator<Received, undefined> {
  const stream = answer.headers['content-type']?.startsWith('text/event-stream')
  let fields: Record<string, string> = {}
  try {
    for await (const line of createInterface({ input: answer })) {
      if (!stream) yield JSON.parse(line)
      else if (line !== '') {
        const [name = '', value = ''] = line.split(/: (.*)/s)
        fields[name] = value
      } else {
        yield { ...JSON.parse(fields.data ?? ''), id: fields.id, event: fields.event }
        fields = {}
      }
    }
  } catch {
    // The connection was cut.
  }
}
