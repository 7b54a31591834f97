import { randomUUID } from 'node:crypto'
import { type RawData, WebSocket } from 'ws'
import { messageOf } from '../errors.ts'
import { describeClosing, describeConnectError, describeRefusal } from './failures.ts'
import type { Target } from './settings.ts'
import { isRecord, plain } from './text.ts'
import { version } from './version.ts'

/** A message of the QBO AsyncAPI, as far as every one has it. */
export type Message = Readonly<Record<string, unknown>> & { uuid: string; command: string; code: number }

/**
 * Takes a message of the command, and the text it came as. Nothing more is read from the gateway until what it returns
 * has resolved.
 */
export type Take = (message: Message, text: string) => Promise<void> | undefined

export interface Limits {
  /** Milliseconds until the gateway has to have taken the connection. */
  connectMs: number
  /** Milliseconds after which a gateway that says nothing is asked whether it is there, and given up after as many more. */
  silenceMs: number
}

const usual: Limits = { connectMs: 10_000, silenceMs: 30_000 }
/** Milliseconds that the gateway has to say goodbye. */
const farewellMs = 1000

/** The connection ended before the command did: what became of it is not known. */
export class ConnectionLost extends Error {}

export interface Errand {
  target: Target
  /** The command's line. */
  cmd: string
  take: Take
  /** Ends the connection; what was asked for goes on. */
  signal: AbortSignal
  limits?: Limits
}

/**
 * Gives the gateway a command and passes on what it answers. Resolves at CMD_DONE, or when `signal` aborts; rejects with
 * an Error, in words for who gave the command, when the command failed or the connection did.
 */
export async function perform({ target, cmd, take, signal, limits = usual }: Errand): Promise<void> {
  const { url, headers, ca, credential } = target
  const uuid = randomUUID()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const fail = (words: string) => reject(new Error(words))
  const socket = new WebSocket(url, {
    headers: { 'user-agent': `kindgate-cli/${version}`, ...headers },
    ...(ca ? { ca } : {}),
  })
  let over = false
  let opened = false
  let heard = true
  let held = 0

  const stop = () => resolve()
  signal.addEventListener('abort', stop)
  const connecting = setTimeout(() => {
    fail(`no answer from ${new URL(url).host} within ${limits.connectMs / 1000} s`)
  }, limits.connectMs)
  const listening = setInterval(() => {
    if (!opened || held > 0) return
    if (!heard) return reject(new ConnectionLost('the gateway is silent: the connection to it seems to be lost'))
    heard = false
    socket.ping()
  }, limits.silenceMs)

  socket.on('open', () => {
    clearTimeout(connecting)
    opened = true
    socket.send(JSON.stringify({ cmd, uuid }))
  })
  socket.on('unexpected-response', (request, answer) => {
    describeRefusal(answer, url, credential)
      .then(fail)
      .finally(() => request.destroy())
  })
  socket.on('error', error => {
    if (opened) reject(new ConnectionLost(`the connection to the gateway failed: ${plain(messageOf(error))}`))
    else fail(describeConnectError(error, url))
  })
  socket.on('close', (code, reason) => reject(new ConnectionLost(describeClosing(code, reason.toString()))))
  for (const event of ['ping', 'pong'] as const)
    socket.on(event, () => {
      heard = true
    })
  socket.on('message', (data, binary) => {
    heard = true
    if (over) return
    const text = textOf(data)
    const message = binary ? undefined : readMessage(text)
    if (!message) {
      over = true
      return fail(`what answers at ${url} speaks no QBO AsyncAPI; it sent ${shortened(text)}`)
    }
    if (message.uuid !== uuid) return
    const taken = take(message, text)
    if (taken) hold(taken)
    if (message.command !== 'CMD_DONE') return
    over = true
    if (message.code < 400) resolve()
    else fail(failureOf(message))
  })

  /** Reads nothing until `taken` has resolved, so that the gateway, and not this process, holds back what comes. */
  function hold(taken: Promise<void>): void {
    held += 1
    socket.pause()
    void taken.finally(() => {
      held -= 1
      if (held === 0) socket.resume()
    })
  }

  try {
    await promise
  } finally {
    over = true
    clearTimeout(connecting)
    clearInterval(listening)
    signal.removeEventListener('abort', stop)
    if (socket.readyState === WebSocket.OPEN && !socket.isPaused) {
      socket.close()
      setTimeout(() => socket.terminate(), farewellMs).unref()
    } else socket.terminate()
  }
}

function readMessage(text: string): Message | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return isMessage(value) ? value : undefined
}

function isMessage(value: unknown): value is Message {
  return (
    isRecord(value) &&
    typeof value.uuid === 'string' &&
    typeof value.command === 'string' &&
    typeof value.code === 'number'
  )
}

function failureOf({ code, status, output }: Message): string {
  const said = Array.isArray(output) ? output.filter(isRecord).map(({ message }) => plain(message)) : []
  return [`${code} ${plain(status)}`.trim(), ...said.filter(words => words !== '')].join(': ')
}

function textOf(data: RawData): string {
  return Array.isArray(data) ? Buffer.concat(data).toString() : Buffer.isBuffer(data) ? data.toString() : ''
}

function shortened(text: string): string {
  return plain(JSON.stringify(text.length > 64 ? `${text.slice(0, 63)}…` : text))
}
