import type { WriteStream } from 'node:tty'
import { stripVTControlCharacters } from 'node:util'

/** Lines at the end of a terminal that are drawn over. */
export interface Live {
  /** Shows these lines in place of those before. */
  draw(lines: readonly string[]): void
  /** Takes them away, and shows the cursor again. */
  clear(): void
}

const cursor = { hide: '\u001b[?25l', show: '\u001b[?25h' }
/** A terminal that knows these shows what is between them at once. */
const together = { begin: '\u001b[?2026h', end: '\u001b[?2026l' }
const clearDown = '\u001b[J'

export function createLive(stream: Pick<WriteStream, 'write' | 'columns'>): Live {
  let drawn: readonly string[] = []
  let hidden = false

  /** To where the drawing begins. Lines that have become too long since, in a window made narrower, have been broken. */
  function back(): string {
    const width = Math.max(1, stream.columns || 80)
    const height = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(visible(line) / width)), 0)
    return height > 0 ? `\r\u001b[${height}A${clearDown}` : `\r${clearDown}`
  }

  return {
    draw(lines) {
      const text = lines.map(line => `${line}\n`).join('')
      stream.write(`${together.begin}${hidden ? '' : cursor.hide}${back()}${text}${together.end}`)
      hidden = true
      drawn = lines
    },
    clear() {
      if (!hidden) return
      stream.write(`${back()}${cursor.show}`)
      hidden = false
      drawn = []
    },
  }
}

const visible = (line: string) => stripVTControlCharacters(line).length
