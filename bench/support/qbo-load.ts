// The clients of bench/qbo.ts, in a process of their own: raw sockets that only count the frames they get, so that the
// server is the limit.
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { tokens } from '../../test/support/engine.ts'

export type LoadOrder =
  | { do: 'connect'; port: number; connections: number }
  | { do: 'watch' }
  | { do: 'await'; round: number }

export interface LoadAnswer {
  /** When the last connection had it all, in milliseconds of the machine's monotonic clock. */
  at: number
}

const sockets: Socket[] = []
let frames = 0
let awaited = { frames: 0, there() {} }
let received = 0
/** While the connections come up, frames are not counted. */
let counting = false

process.on('message', async (order: LoadOrder) => {
  if (order.do === 'connect') {
    for (let n = 0; n < order.connections; n += 1) sockets.push(await upgrade(order.port))
  } else if (order.do === 'watch') {
    for (const socket of sockets)
      socket.write(maskedText(JSON.stringify({ cmd: 'get nodes -A -w', uuid: randomUUID() })))
    await quiet()
    counting = true
  } else {
    await new Promise<void>(resolve => {
      awaited = { frames: order.round * sockets.length, there: resolve }
      look()
    })
  }
  const answer: LoadAnswer = { at: Number(process.hrtime.bigint()) / 1e6 }
  process.send?.(answer)
})

/** Resolves when nothing has come for half a second. */
async function quiet(): Promise<void> {
  for (let before = -1, now = 0; before !== now; before = now, now = received) {
    await new Promise(resolve => setTimeout(resolve, 500))
  }
}

async function upgrade(port: number): Promise<Socket> {
  // Frames of a round are of one length and smaller than the buffer: what ends a frame is counted, wherever it was cut.
  let rest = 0
  const buffer = Buffer.allocUnsafeSlow(16 * 1024)
  const opened = Promise.withResolvers<void>()
  let open = false
  const socket = connect({
    host: '127.0.0.1',
    port,
    noDelay: true,
    onread: {
      buffer,
      callback: length => {
        received += length
        if (!open) {
          open = true
          opened.resolve()
        } else if (counting) {
          rest = count(buffer, length, rest)
        }
        return true
      },
    },
  })
  await once(socket, 'connect')
  socket.write(
    [
      `GET /qbo?mirror=${randomUUID()} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      `Authorization: Bearer ${tokens.root}`,
      '\r\n',
    ].join('\r\n'),
  )
  await opened.promise
  return socket
}

/** Counts the frames that end in what was read; `rest` is what is still to come of the one that began before. */
function count(buffer: Buffer, length: number, rest: number): number {
  let at = rest
  if (rest > 0 && rest <= length) arrived()
  while (at < length) {
    const size = (buffer[at + 1] ?? 0) === 126 ? 4 + buffer.readUInt16BE(at + 2) : 2 + (buffer[at + 1] ?? 0)
    at += size
    if (at <= length) arrived()
  }
  return at - length
}

function arrived() {
  frames += 1
  look()
}

/** Whether every connection has got all the rounds that are awaited. */
function look() {
  if (frames === awaited.frames) awaited.there()
}

function maskedText(text: string): Buffer {
  const payload = Buffer.from(text)
  const mask = Buffer.alloc(4)
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, payload])
}
