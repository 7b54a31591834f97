import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { type Message, requireMessage } from '../api/qbo/client.ts'

/** A QBO client over a real socket: every message is held against the AsyncAPI document. */
export interface QboClient extends Disposable {
  readonly received: Message[]
  /** Sends a command and resolves with its messages when it has ended. */
  run(cmd: string): Promise<Message[]>
  /** Sends a command that lasts; its uuid. */
  send(cmd: string): string
  /** The first message that it holds for, also of those that have come. */
  until(holds: (message: Message) => boolean): Promise<Message>
  closed: Promise<number>
}

export async function connectQbo(url: string, headers: Record<string, string>): Promise<QboClient> {
  const socket = new WebSocket(new URL('/qbo', url.replace(/^http/, 'ws')), { headers })
  const received: Message[] = []
  const waiting = new Set<() => void>()
  const closed = new Promise<number>(resolve => socket.once('close', resolve))
  socket.on('message', data => {
    received.push(requireMessage(JSON.parse(data.toString())))
    for (const look of waiting) look()
  })
  await once(socket, 'open')

  const until = (holds: (message: Message) => boolean) =>
    new Promise<Message>((resolve, reject) => {
      const look = () => {
        const found = received.find(holds)
        if (!found) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      closed.then(code => reject(new Error(`the connection was closed: ${code}`)), reject)
      look()
    })
  const send = (cmd: string) => {
    const uuid = randomUUID()
    socket.send(JSON.stringify({ cmd, uuid }))
    return uuid
  }
  return {
    received,
    send,
    until,
    closed,
    async run(cmd) {
      const uuid = send(cmd)
      await until(message => message.uuid === uuid && message.command === 'CMD_DONE')
      return received.filter(message => message.uuid === uuid)
    },
    [Symbol.dispose]: () => socket.terminate(),
  }
}
