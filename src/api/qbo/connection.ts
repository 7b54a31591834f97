import type { Duplex } from 'node:stream'
import { type RawData, WebSocket } from 'ws'
import { type Frame, messageOf } from './messages/frame.ts'
import type { Turns } from './turns.ts'

/** Most bytes that are held back for a connection that does not keep up. */
const mostBuffered = 8 * 1024 * 1024
/** Bytes held back from which on no further commands are read. */
const pausedFrom = 1024 * 1024
/** What the last words to a slow reader may take, in bytes. */
const farewellRoom = 64 * 1024

export interface Connection {
  /** Sends a message; nothing on a connection that ends. */
  send(frame: Frame): void
  /** Tells the client to list anew, and closes (1013). */
  resync(): void
  close(code: number, reason: string): void
  /** Aborts when nothing can be sent any more. */
  readonly ended: AbortSignal
}

export interface ConnectionOptions {
  socket: WebSocket
  /** What the WebSocket runs over. */
  stream: Duplex
  turns: Turns
  onMessage(data: Buffer, binary: boolean): void
  /** The last message to a client that has to list anew. */
  farewell(): Frame
}

/** A WebSocket that holds back little: who does not read is told to come again, and closed. */
export function createConnection({ socket, stream, turns, onMessage, farewell }: ConnectionOptions): Connection {
  const ended = new AbortController()
  const compressed = socket.extensions !== ''

  /** The messages of one turn go out together once all of its work is done: fewer, and quicker, system calls. */
  function write(frame: Frame) {
    if (compressed) return socket.send(messageOf(frame), { binary: false })
    if (socket.readyState !== WebSocket.OPEN) return
    turns.hold(stream)
    stream.write(frame.bytes)
  }
  const held = () => (compressed ? socket.bufferedAmount : stream.writableLength)

  function end(code: number, reason: string) {
    if (ended.signal.aborted) return
    ended.abort(new Error(`closed: ${reason}`))
    socket.resume()
    socket.close(code, reason)
  }

  function resync() {
    if (ended.signal.aborted) return
    write(farewell())
    end(1013, 'resync')
  }

  socket.on('message', (data: RawData, binary) => {
    if (ended.signal.aborted) return
    onMessage(bytesOf(data), binary)
    if (held() > pausedFrom && !socket.isPaused) socket.pause()
  })
  stream.on('drain', () => {
    if (socket.isPaused) socket.resume()
  })
  socket.on('close', () => ended.abort(new Error('the connection has ended')))

  return {
    send(frame) {
      if (ended.signal.aborted) return
      if (held() + frame.bytes.length > mostBuffered - farewellRoom) resync()
      else write(frame)
    },
    resync,
    close: end,
    ended: ended.signal,
  }
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
