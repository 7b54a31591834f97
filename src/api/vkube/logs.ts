/** Most bytes of a log that one answer holds; of a longer one, the end. */
const mostBytes = 4 * 1024 * 1024
/** A longer line is sent in pieces. */
const longestLine = 64 * 1024

/** The end of a log as one text. */
export async function readLog(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const kept: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    kept.push(chunk)
    length += chunk.length
    for (let [first] = kept; first && length - first.length >= mostBytes; [first] = kept) {
      kept.shift()
      length -= first.length
    }
  }
  return Buffer.concat(kept).toString('utf8')
}

/** What clients in the field take for the end of a log. */
export const endOfLog = '"logger - Client disconnected."'

/**
 * A log as Server-Sent Events: `event:message` and `data:` with each line, at last `event:end`. Ends without an error when
 * the log breaks off.
 */
export async function* logEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  try {
    for await (const line of linesOf(chunks)) yield event('message', line)
  } catch {
    // The reader has gone, or the cluster: there is nothing more to tell.
  }
  yield event('end', endOfLog)
}

function event(name: string, data: string): string {
  return `event:${name}\ndata:${data}\n\n`
}

/** Lines without their ends. A carriage return would end a line of the stream, too. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const [...lines] = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|[\r\n]/)
    rest = lines.pop() ?? ''
    yield* lines
    for (; rest.length > longestLine; rest = rest.slice(longestLine)) yield rest.slice(0, longestLine)
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}
