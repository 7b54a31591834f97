import type { Clock } from '../../clock.ts'
import { unlessAborted } from '../../deadline.ts'
import { messageOf } from '../../errors.ts'
import { hasStatus, TransportError } from './errors.ts'
import type { KubernetesTransport } from './transport.ts'

/** Whether an API server answers: asked by every watch on it, with one question for all. */
export interface Pulse {
  /** When the question was asked that was answered last, milliseconds since the epoch; -Infinity before the first. */
  readonly answeredAt: number
  /**
   * Resolves when the API server gives any answer. Rejects with TransportError when two questions in a row, the second
   * on a connection of its own, get none within `timeoutMs` each; or with the signal's reason.
   */
  ask(signal: AbortSignal): Promise<void>
}

export interface PulseOptions {
  transport: KubernetesTransport
  clock: Clock
  /** Milliseconds that an answer may take. */
  timeoutMs: number
}

export function createPulse({ transport, clock, timeoutMs }: PulseOptions): Pulse {
  let answeredAt = Number.NEGATIVE_INFINITY
  let asking: { answer: Promise<void>; asked: AbortController; waiting: number } | undefined

  async function question(signal: AbortSignal): Promise<void> {
    const asked = clock.now()
    try {
      await transport.request({ path: '/livez', signal, timeoutMs, maxBytes: 64 * 1024 })
    } catch (error) {
      signal.throwIfAborted()
      if (isSilence(error)) throw new TransportError('timeout', messageOf(error), { cause: error })
    }
    answeredAt = asked
  }

  function begin() {
    const asked = new AbortController()
    // After a time-out the transport has let go of every idle connection: what is asked next goes over a new one.
    const answer = question(asked.signal).catch(() => question(asked.signal))
    const begun = { answer, asked, waiting: 0 }
    const end = () => {
      if (asking === begun) asking = undefined
    }
    answer.then(end, end)
    return begun
  }

  return {
    get answeredAt() {
      return answeredAt
    },
    async ask(signal) {
      asking ??= begin()
      const mine = asking
      mine.waiting += 1
      try {
        await unlessAborted(mine.answer, signal)
      } finally {
        mine.waiting -= 1
        if (mine.waiting === 0) {
          mine.asked.abort()
          if (asking === mine) asking = undefined
        }
      }
    },
  }
}

/** No answer of the API server's own: nothing at all, or a proxy before it that gets none either. */
function isSilence(error: unknown): boolean {
  return (
    (error instanceof TransportError && error.code !== 'too-large' && error.code !== 'malformed') ||
    hasStatus(error, 502, 503, 504)
  )
}
