import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { WriteStream } from 'node:tty'
import type { Command } from '../api/qbo/grammar/command.ts'
import { createLive } from './live.ts'
import { createScreen } from './screen.ts'
import type { Take } from './socket.ts'

/** Where a command's messages go. */
export interface Output {
  take: Take
  /** Shows what is to stay. Words about it, for stderr, are returned. */
  end(ok: boolean): string | undefined
}

/** Each message as it came, a line each. Holds no more back than one message once the reader is slow. */
export function createPiped(stream: Writable): Output {
  let drained: Promise<void> | undefined
  return {
    take(_message, text) {
      if (stream.write(`${text}\n`)) return undefined
      drained ??= once(stream, 'drain').then(
        () => {
          drained = undefined
        },
        // The stream is broken; whoever made it hears of it.
        () => undefined,
      )
      return drained
    },
    end: () => undefined,
  }
}

/** Milliseconds between two drawings: what comes quicker is seen together. */
const pace = 40
const usualSize = { columns: 80, rows: 24 }

/** Tables that are drawn over as things change, and how far work is. */
export function createTerminal(stream: WriteStream, { verb, flags }: Pick<Command, 'verb' | 'flags'>): Output {
  const screen = createScreen({ color: stream.hasColors(), command: { verb, flags }, now: () => performance.now() })
  const live = createLive(stream)
  let due: NodeJS.Timeout | undefined

  const width = () => stream.columns || usualSize.columns
  function draw() {
    due = undefined
    // The line below the last is the cursor's.
    const lines = screen.frame({ width: width(), rows: Math.max(1, (stream.rows || usualSize.rows) - 1) })
    if (lines.length > 0) live.draw(lines)
  }
  const soon = () => {
    due ??= setTimeout(draw, pace)
  }
  stream.on('resize', soon)
  return {
    take(message) {
      screen.take(message)
      if (message.command !== 'CMD_DONE') soon()
      return undefined
    },
    end(ok) {
      clearTimeout(due)
      stream.off('resize', soon)
      live.clear()
      const text = screen.rest(width()).join('\n')
      if (text !== '') stream.write(`${text}\n`)
      const missing = ok ? screen.missing() : undefined
      return missing && `No ${missing} found.`
    },
  }
}
