import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Ajv } from 'ajv'
import ajvFormats from 'ajv-formats'
import { WebSocket } from 'ws'
import { messages as schemas } from '../../../src/api/qbo/messages/messages.ts'
import { tokens } from '../../support/engine.ts'

/** A message of the gateway, as far as tests look at it. */
export interface Message {
  timestamp: number
  status: string
  code: number
  command_id: string
  command_line: string
  command: string
  subcommand: string
  uuid: string
  user: string
  thread_id: number
  output?: { message?: string; kubeconfig?: string; step?: number; steps?: number }[]
  input?: { message: string }[]
  nodes?: Element[]
  clusters?: Element[]
  images?: Image[]
  [key: string]: unknown
}

export interface Image {
  tag: string
  [key: string]: unknown
}

export interface Element {
  name: string
  state: string
  [key: string]: unknown
}

export interface Client {
  readonly socket: WebSocket
  /** Everything that has come, in order. */
  readonly received: Message[]
  /** The same as it was written. */
  readonly texts: string[]
  /** Sends a command; its uuid. */
  send(cmd: string, uuid?: string): string
  /** The messages with a uuid, once the last of the command is there. */
  done(uuid: string): Promise<Message[]>
  /** Sends a command and waits for its end. */
  run(cmd: string): Promise<Message[]>
  /** The first message that it holds for. */
  until(holds: (message: Message) => boolean): Promise<Message>
  /** Resolves when everything that was sent before has been answered. */
  settled(): Promise<void>
  closed: Promise<{ code: number; reason: string }>
}

export interface ConnectOptions {
  port: number
  as?: keyof typeof tokens | null
  headers?: Record<string, string>
  query?: string
  deflate?: boolean
}

const ajv = new Ajv({ allErrors: true, keywords: ['x-order'] })
ajvFormats.default(ajv)
const isMessage = ajv.compile({ oneOf: Object.values(schemas) })

/** Fails unless it is a message as the AsyncAPI document says. */
export function requireMessage(value: unknown): Message {
  assert.ok(isMessage(value), `${ajv.errorsText(isMessage.errors)} in ${JSON.stringify(value)}`)
  const message: Message = Object(value)
  return message
}

/** A WebSocket client that holds every message against its schema. */
export async function connect(options: ConnectOptions): Promise<Client> {
  const socket = open(options)
  const received: Message[] = []
  const texts: string[] = []
  const waiting = new Set<() => void>()
  const faults: unknown[] = []
  const closed = once(socket, 'close').then(([code, reason]) => ({ code: Number(code), reason: String(reason) }))
  socket.on('error', () => undefined)
  socket.on('message', (data, binary) => {
    try {
      assert.equal(binary, false)
      texts.push(data.toString())
      received.push(requireMessage(JSON.parse(data.toString())))
    } catch (error) {
      faults.push(error)
    }
    for (const look of waiting) look()
  })
  socket.on('close', () => {
    for (const look of waiting) look()
  })
  await once(socket, 'open')

  async function until(holds: (message: Message) => boolean): Promise<Message> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = received.find(holds)
        if (found) resolve(found)
        else if (faults.length > 0) reject(faults[0])
        else if (socket.readyState === WebSocket.CLOSED) reject(new Error('the connection has ended'))
        else return
        waiting.delete(look)
      }
      waiting.add(look)
      look()
    })
  }

  const client: Client = {
    socket,
    received,
    texts,
    closed,
    until,
    send(cmd, uuid = randomUUID()) {
      socket.send(JSON.stringify({ cmd, uuid }))
      return uuid
    },
    async done(uuid) {
      await until(message => message.uuid === uuid && message.command === 'CMD_DONE')
      return received.filter(message => message.uuid === uuid)
    },
    run: async cmd => client.done(client.send(cmd)),
    async settled() {
      await client.run('version')
    },
  }
  return client
}

/** The status that an upgrade is refused with. */
export async function refusal(options: ConnectOptions): Promise<{ status: number | undefined; body: string }> {
  const socket = open(options)
  socket.on('error', () => undefined)
  const opened = once(socket, 'open').then(
    () => assert.fail('the upgrade was accepted'),
    () => undefined,
  )
  const [, answer]: [unknown, IncomingMessage] = await Promise.race([
    new Promise<[unknown, IncomingMessage]>(resolve => socket.once('unexpected-response', (...args) => resolve(args))),
    opened.then(() => new Promise<never>(() => undefined)),
  ])
  let body = ''
  for await (const chunk of answer) body += chunk
  return { status: answer.statusCode, body }
}

function open({ port, as = 'ann', headers = {}, query = '', deflate = false }: ConnectOptions): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${port}/qbo${query}`, {
    headers: { ...(as === null ? {} : { authorization: `Bearer ${tokens[as]}` }), ...headers },
    perMessageDeflate: deflate,
  })
}
