import type { Duplex } from 'node:stream'

/** Holds back what is written to streams until the present turn's work is done, then writes it all. */
export interface Turns {
  /** To be called before a write. */
  hold(stream: Duplex): void
}

export function createTurns(): Turns {
  let held: Duplex[] = []

  function release() {
    const streams = held
    held = []
    for (const stream of streams) stream.uncork()
  }

  return {
    hold(stream) {
      if (stream.writableCorked > 0) return
      stream.cork()
      if (held.push(stream) === 1) process.nextTick(release)
    },
  }
}
