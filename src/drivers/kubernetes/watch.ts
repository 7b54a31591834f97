import type { Clock } from '../../clock.ts'
import { unlessAborted } from '../../deadline.ts'
import { messageOf } from '../../errors.ts'
import { hasStatus, TransportError } from './errors.ts'
import { readLines } from './lines.ts'
import { isKubernetesObject, type KubernetesObject, objectAt, textAt } from './objects.ts'
import type { Pulse } from './pulse.ts'
import type { KubernetesTransport } from './transport.ts'

export type WatchEvent =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: KubernetesObject }
  | { type: 'BOOKMARK'; resourceVersion: string }

/** What was seen cannot be built upon (expired version, error event, unreadable line): list again. */
export class RelistNeeded extends Error {}

/** The connection is gone and the last resource version still holds: watch again from there. */
export class WatchLost extends Error {}

export interface WatchOptions {
  transport: KubernetesTransport
  path: string
  labelSelector?: string | undefined
  fieldSelector?: string | undefined
  resourceVersion: string
  /** Seconds after which the API server is to end the watch. */
  timeoutSeconds: number
  clock: Clock
  pulse: Pulse
  limits: WatchLimits
  signal: AbortSignal
  /** The API server has accepted the watch. */
  onOpen(): void
  /** Called in order, one at a time; nothing more is read while its promise is pending. */
  onEvent(event: WatchEvent): Promise<void>
}

/** All in milliseconds but `maxLineBytes`. */
export interface WatchLimits {
  /**
   * So long after the last question that was answered the API server is asked whether it lives, whatever arrives on the
   * watch meanwhile: what it sends may come through while nothing gets to it.
   */
  pulseMs: number
  /** After this much silence the watch is opened anew even if the API server lives: bookmarks come about every minute. */
  silentMs: number
  maxLineBytes: number
}

/**
 * Watches a collection. Resolves when the API server ends the watch in good order. Rejects with RelistNeeded,
 * WatchLost, the signal's reason, or, when the API server cannot be reached or refuses, the transport's error.
 */
export async function watch(options: WatchOptions): Promise<void> {
  const { transport, path, labelSelector, fieldSelector, resourceVersion, timeoutSeconds, limits } = options
  const controller = new AbortController()
  const stop = () => controller.abort(options.signal.reason)
  if (options.signal.aborted) stop()
  else options.signal.addEventListener('abort', stop, { once: true })
  const watchdog = startWatchdog(options, controller)
  let opened = false
  try {
    const chunks = await transport.stream({
      path,
      query: {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion,
        timeoutSeconds,
        labelSelector,
        fieldSelector,
      },
      signal: controller.signal,
      timeoutMs: Number.POSITIVE_INFINITY, // the watchdog's matter: some proxies hold headers until the first event
    })
    opened = true
    options.onOpen()
    for await (const lines of readLines(watchdog.listen(chunks), limits.maxLineBytes)) {
      for (const line of lines) {
        await unlessAborted(options.onEvent(readEvent(line)), controller.signal)
      }
    }
  } catch (error) {
    if (controller.signal.aborted) throw controller.signal.reason
    if (hasStatus(error, 410)) throw new RelistNeeded(messageOf(error), { cause: error })
    if (opened && error instanceof TransportError) {
      if (error.code === 'too-large') throw new RelistNeeded(error.message, { cause: error })
      throw new WatchLost(error.message, { cause: error })
    }
    throw error
  } finally {
    controller.abort()
    options.signal.removeEventListener('abort', stop)
    await watchdog.ended
  }
}

/** Aborts a watch: with a TransportError when the API server is dead, with WatchLost when nothing arrives otherwise. */
function startWatchdog({ clock, limits, pulse }: WatchOptions, controller: AbortController) {
  const { signal } = controller
  const began = clock.now()
  let lastByte = began

  async function guard(): Promise<void> {
    while (!signal.aborted) {
      const answered = Math.max(began, pulse.answeredAt)
      const wait = Math.min(answered + limits.pulseMs, lastByte + limits.silentMs) - clock.now()
      if (wait > 0) await clock.sleep(wait, signal)
      else if (clock.now() - lastByte >= limits.silentMs) {
        controller.abort(new WatchLost(`no event and no bookmark for ${limits.silentMs / 1000} s`))
      } else await probe(answered)
    }
  }

  async function probe(answered: number): Promise<void> {
    try {
      await pulse.ask(signal)
    } catch (error) {
      const seconds = Math.round((clock.now() - answered) / 1000)
      controller.abort(
        new TransportError('timeout', `the API server has not answered for ${seconds} s: ${messageOf(error)}`),
      )
    }
  }

  return {
    /** Resolves once the watch's signal has aborted. */
    ended: guard().catch(() => {}),
    async *listen(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of chunks) {
        lastByte = clock.now()
        yield chunk
      }
    },
  }
}

function readEvent(line: string): WatchEvent {
  let event: unknown
  try {
    event = JSON.parse(line)
  } catch (error) {
    throw new RelistNeeded(`a watch event is not JSON: ${messageOf(error)}`, { cause: error })
  }
  const type = textAt(event, 'type')
  const object = objectAt(event, 'object')
  if (type === 'BOOKMARK') {
    const resourceVersion = textAt(object, 'metadata', 'resourceVersion')
    if (resourceVersion !== '') return { type, resourceVersion }
  } else if ((type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') && isKubernetesObject(object)) {
    return { type, object }
  }
  // among these are ERROR events: mostly 410, and after any of them a list is in order
  throw new RelistNeeded(`a watch event that cannot be followed: ${line.slice(0, 200)}`)
}
