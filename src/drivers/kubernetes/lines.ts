import { TransportError } from './errors.ts'

const newline = 0x0a

/**
 * Cuts a stream of bytes into its lines, all complete lines of one chunk at a time, empty ones left out; what follows
 * the last newline counts as a line. Throws TransportError `too-large` on a line of more than `maxBytes`.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<string[], void, undefined> {
  let partial: Uint8Array[] = []
  let size = 0
  const grow = (bytes: Uint8Array) => {
    size += bytes.byteLength
    if (size > maxBytes) throw new TransportError('too-large', `a line has more than ${maxBytes} bytes`)
    partial.push(bytes)
  }
  const take = (): string => {
    const line = Buffer.concat(partial, size).toString('utf8')
    partial = []
    size = 0
    return line
  }
  for await (const chunk of chunks) {
    const lines: string[] = []
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      grow(chunk.subarray(start, end))
      lines.push(take())
      start = end + 1
    }
    if (start < chunk.byteLength) grow(chunk.subarray(start))
    const filled = lines.filter(line => line.trim() !== '')
    if (filled.length > 0) yield filled
  }
  const last = take()
  if (last.trim() !== '') yield [last]
}
