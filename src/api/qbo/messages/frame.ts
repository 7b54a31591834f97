/** A text message as it is sent: made once, the same bytes go to any number of connections, in one write each. */
export interface Frame {
  /** The whole WebSocket frame (RFC 6455, section 5.2), unmasked as a server's are. */
  readonly bytes: Buffer
  /** Where the message begins in it. */
  readonly start: number
}

/** The last frame of its message, which is text. */
const finalText = 0x81

/** A frame with a message of UTF-8, whose parts are put together. */
export function textFrame(...parts: readonly Buffer[]): Frame {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const bytes = Buffer.allocUnsafe(start + length)
  bytes[0] = finalText
  if (start === 2) bytes[1] = length
  else if (start === 4) {
    bytes[1] = 126
    bytes.writeUInt16BE(length, 2)
  } else {
    bytes[1] = 127
    bytes.writeBigUInt64BE(BigInt(length), 2)
  }
  let at = start
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return { bytes, start }
}

export function messageOf({ bytes, start }: Frame): Buffer {
  return bytes.subarray(start)
}
