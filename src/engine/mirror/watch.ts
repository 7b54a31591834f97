import type { Clock } from '../../clock.ts'
import { type Change, frameOf, typeFor } from './change.ts'
import { bookmarkEvent, resyncEvent } from './events.ts'
import type { WatchFormat } from './formats.ts'
import type { MirrorObject } from './objects.ts'

/**
 * Why a watch ended: `closed` by its consumer; `slow`: it did not keep up; `revised`: what its viewer may see has
 * changed; `failed`: its sink, filter or format threw. After `slow` and `revised` the last frame was an ERROR event.
 */
export type EndReason = 'closed' | 'slow' | 'revised' | 'failed'

/** Where frames go. */
export interface FrameSink {
  /** Takes the frame in any case. False: no further one before `resume()`, except the last when the watch is ended. */
  write(frame: Buffer): boolean
  /** Called once, after the last frame. */
  end(reason: EndReason): void
}

/** An open watch, which holds frames back (up to the cap) until it is piped. sinks.ts has ready-made consumers. */
export interface Watch {
  /** Starts writing frames to the sink, at once and in order. Once per watch. */
  pipe(sink: FrameSink): void
  /** The sink takes frames again. */
  resume(): void
  /** Ends the watch; repeatable. */
  close(): void
}

/** What the table does with its watches. */
export interface Subscriber<T> extends Watch {
  readonly viewerName: string
  /** A change, in order; one that the watch has started after is skipped. */
  offer(change: Change<T>): void
  /** Ends the watch with an ERROR event. */
  revise(): void
}

export interface SubscriberOptions<T> {
  viewerName: string
  matches(object: Readonly<T>): boolean
  format: WatchFormat<T>
  /** Frames that come before any change, made as the sink takes them. */
  history: Iterator<Buffer>
  /** The version up to which `history` goes. */
  position: number
  signal: AbortSignal
  clock: Clock
  bookmarkIntervalMs?: number | undefined
  /** The cap on what is held back, in bytes of frames. */
  maxBacklogBytes: number
  onEnd(reason: EndReason): void
  onError(error: unknown): void
}

export function createSubscriber<T extends MirrorObject>(options: SubscriberOptions<T>): Subscriber<T> {
  const { matches, format, signal, maxBacklogBytes } = options
  let { position } = options
  let history: Iterator<Buffer> | undefined = options.history
  let backlog: Buffer[] = []
  let taken = 0
  let backlogBytes = 0
  let sink: FrameSink | undefined
  let blocked = true
  let pumping = false
  let ended: { reason: EndReason; lastFrame?: Buffer | undefined } | undefined
  const stopBookmarks = new AbortController()

  function nextFrame(): Buffer | undefined {
    if (history) {
      const next = history.next()
      if (!next.done) return next.value
      history = undefined
    }
    const frame = backlog[taken]
    if (!frame) return undefined
    backlogBytes -= frame.length
    taken += 1
    if (taken === backlog.length) {
      backlog = []
      taken = 0
    }
    return frame
  }

  function pump() {
    if (pumping) return
    pumping = true
    try {
      while (sink && !blocked && !ended) {
        const frame = nextFrame()
        if (!frame) break
        // Blocked first: a sink may call resume() from within write().
        blocked = true
        if (sink.write(frame)) blocked = false
      }
    } catch (error) {
      fail(error)
    } finally {
      pumping = false
    }
  }

  function finish(reason: EndReason, lastFrame?: Buffer) {
    if (ended) return
    ended = { reason, lastFrame }
    history = undefined
    backlog = []
    backlogBytes = 0
    signal.removeEventListener('abort', close)
    stopBookmarks.abort()
    options.onEnd(reason)
    tellEnd()
  }

  function tellEnd() {
    if (!sink || !ended) return
    const { reason, lastFrame } = ended
    try {
      if (lastFrame) sink.write(lastFrame)
      sink.end(reason)
    } catch (error) {
      options.onError(error)
    }
  }

  function fail(error: unknown) {
    options.onError(error)
    finish('failed')
  }

  function close() {
    finish('closed')
  }

  function resync(reason: EndReason, message: string) {
    try {
      finish(reason, format.encode(resyncEvent(message)))
    } catch (error) {
      fail(error)
    }
  }

  async function sendBookmarks(intervalMs: number): Promise<void> {
    while (!ended) {
      await options.clock.sleep(intervalMs, stopBookmarks.signal)
      const caughtUp = !blocked && !history && backlog.length === 0
      if (caughtUp) enqueue(format.encode(bookmarkEvent(position)))
    }
  }

  function enqueue(frame: Buffer) {
    backlog.push(frame)
    backlogBytes += frame.length
    pump()
    if (backlogBytes > maxBacklogBytes) resync('slow', 'resync: the watcher did not keep up; list again')
  }

  signal.addEventListener('abort', close, { once: true })
  if (options.bookmarkIntervalMs) {
    sendBookmarks(options.bookmarkIntervalMs).catch(error => {
      if (!ended) fail(error)
    })
  }

  return {
    viewerName: options.viewerName,
    pipe: into => {
      if (sink) throw new Error('a watch is piped once')
      sink = into
      blocked = false
      if (ended) tellEnd()
      else pump()
    },
    resume: () => {
      if (!sink) return
      blocked = false
      pump()
    },
    close,
    revise: () => resync('revised', 'resync: what the viewer may see has changed; list again'),
    offer: change => {
      if (ended || change.version <= position) return
      position = change.version
      try {
        const type = typeFor(change, matches)
        if (type) enqueue(frameOf(change, type, format))
      } catch (error) {
        fail(error)
      }
    },
  }
}
