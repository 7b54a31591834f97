import { randomUUID } from 'node:crypto'
import { WebSocket } from 'ws'
import { isRecord, type Target } from './settings.ts'

/** A message of the command, and the text it came as. */
export type Take = (message: Record<string, unknown>, text: string) => void

/**
 * Gives the gateway a command and passes what it answers to it. Resolves at CMD_DONE, or when `signal` aborts; rejects
 * with an Error when the command failed or the connection did.
 */
export async function perform(target: Target, cmd: string, take: Take, signal: AbortSignal): Promise<void> {
  const { url, headers, ca } = target
  const uuid = randomUUID()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = new WebSocket(url, { headers, handshakeTimeout: 10_000, ...(ca ? { ca } : {}) })
  const stop = () => resolve()
  signal.addEventListener('abort', stop)
  socket.on('open', () => socket.send(JSON.stringify({ cmd, uuid })))
  socket.on('unexpected-response', (_, { statusCode = 0 }) =>
    reject(new Error(refusals[statusCode] ?? `the gateway answered ${statusCode}`)),
  )
  socket.on('error', error => reject(new Error(`${url}: ${error.message || 'cannot be reached'}`)))
  socket.on('close', (code, reason) => reject(new Error(`the connection has ended: ${code} ${reason}`)))
  socket.on('message', data => {
    const text = data.toString()
    const message: unknown = JSON.parse(text)
    if (!isRecord(message) || message.uuid !== uuid) return
    take(message, text)
    if (message.command !== 'CMD_DONE') return
    if (typeof message.code === 'number' && message.code < 400) resolve()
    else reject(new Error(failureOf(message)))
  })
  try {
    await promise
  } finally {
    signal.removeEventListener('abort', stop)
    socket.on('error', () => undefined)
    if (socket.readyState === WebSocket.OPEN) socket.close()
    else socket.terminate()
  }
}

const refusals: Record<number, string> = {
  401: '401 Unauthorized: the gateway does not know this credential',
  403: '403 Forbidden: the gateway does not allow this connection',
}

function failureOf({ code, status, output }: Record<string, unknown>): string {
  const said = Array.isArray(output) ? output.filter(isRecord).map(({ message }) => String(message ?? '')) : []
  return `${code} ${status}: ${said.join('; ')}`
}
