import type { Writable } from 'node:stream'
import type { Clock } from '../../clock.ts'
import type { Watch } from './watch.ts'

/**
 * Writes a watch to a stream, as fast as the stream drains. The stream's close or error ends the watch; the watch's end
 * ends the stream, and destroys it when its reader has not taken the rest within `lingerMs` (10 s by default).
 */
export function pipeToStream(watch: Watch, stream: Writable, options: { clock: Clock; lingerMs?: number }): void {
  const { clock, lingerMs = 10_000 } = options
  const closed = new AbortController()
  stream.on('drain', watch.resume)
  stream.on('error', watch.close)
  stream.once('close', () => {
    closed.abort()
    watch.close()
  })
  watch.pipe({
    write: frame => stream.write(frame),
    end: () => {
      if (stream.destroyed) return
      stream.end()
      clock.sleep(lingerMs, closed.signal).then(
        () => stream.destroy(),
        () => {},
      )
    },
  })
  if (stream.destroyed) watch.close()
}

/** A watch as an iterator of frames, taken one by one; leaving the loop ends the watch. */
export function framesOf(watch: Watch): AsyncIterableIterator<Buffer, void> {
  const ready: Buffer[] = []
  let ended = false
  let wake = () => {}

  watch.pipe({
    write: frame => {
      ready.push(frame)
      wake()
      return false
    },
    end: () => {
      ended = true
      wake()
    },
  })

  const iterator: AsyncIterableIterator<Buffer, void> = {
    next: async () => {
      for (;;) {
        if (ready.length === 0 && !ended) watch.resume()
        const frame = ready.shift()
        if (frame) return { done: false, value: frame }
        if (ended) return { done: true, value: undefined }
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
    return: async () => {
      watch.close()
      ready.length = 0
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => iterator,
  }
  return iterator
}
