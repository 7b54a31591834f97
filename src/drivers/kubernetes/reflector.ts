import type { Clock } from '../../clock.ts'
import { unlessAborted } from '../../deadline.ts'
import { createBackoff } from './backoff.ts'
import { type Bounds, defaultBounds } from './bounds.ts'
import { isAnswer, isTooLarge, KubernetesError, reasonOf } from './errors.ts'
import { listTaken } from './listing.ts'
import type { KubernetesObject } from './objects.ts'
import { createPulse, type Pulse } from './pulse.ts'
import type { KubernetesTransport } from './transport.ts'
import { createView, type ReflectorObserver } from './view.ts'
import { RelistNeeded, type WatchLimits, WatchLost, watch } from './watch.ts'

export type { ReflectorObserver } from './view.ts'

export interface ReflectorOptions<T> {
  transport: KubernetesTransport
  /** The collection: `/api/v1/nodes`. */
  path: string
  labelSelector?: string
  fieldSelector?: string
  /** What the observer gets for an object. */
  map(object: KubernetesObject): T
  observer: ReflectorObserver<T>
  signal: AbortSignal
  clock: Clock
  /** Of the API server; one of its own when absent. */
  pulse?: Pulse
  /** From 0 up to, not including, 1; Math.random when absent. */
  random?: () => number
  limits?: Partial<ReflectorLimits>
  /** `defaultBounds` when absent. */
  bounds?: Bounds
}

/** Milliseconds, but for `pageSize` (objects) and `maxLineBytes`. */
export interface ReflectorLimits extends WatchLimits {
  pageSize: number
  /** What each of the two questions may take that a dead API server is known by. */
  probeMs: number
  /** A watch is ended by the API server after this long and up to twice as long, as client-go asks. */
  minWatchMs: number
  /** A watch that was open for this long was healthy: the backoff starts anew. */
  healthyMs: number
  backoffBaseMs: number
  backoffCapMs: number
  /** How long to wait after there was more than the bounds allow. */
  tooLargeMs: number
}

export const reflectorLimits: ReflectorLimits = {
  pageSize: 500,
  minWatchMs: 300_000,
  pulseMs: 20_000,
  probeMs: 10_000,
  silentMs: 100_000,
  healthyMs: 10_000,
  backoffBaseMs: 200,
  backoffCapMs: 15_000,
  tooLargeMs: 60_000,
  maxLineBytes: 16 * 1024 * 1024,
}

/**
 * Keeps an observer in step with a collection of Kubernetes objects until the signal aborts, and then resolves at once;
 * never rejects.
 *
 * It lists in pages and watches from the list's version with bookmarks. A watch that ends or breaks goes on from the
 * last version seen; a version that has expired (410), an error event or an unreadable line leads to a new list, of
 * which the observer hears the real differences only. An API server that is black-holed, in one direction or both, is
 * noticed within `pulseMs + 2 * probeMs`, one that cannot be reached or refuses at once: the observer hears `down`, and `synced` when all
 * is well again. More than the bounds allow is not kept: the observer hears `down`, too, and what it was told stays.
 * Attempts come after waits with full jitter that grow to `backoffCapMs`.
 *
 * After client-go's tools/cache/reflector.go, which has no read-idle limit of its own.
 */
export async function reflect<T>(options: ReflectorOptions<T>): Promise<void> {
  const { transport, path, labelSelector, fieldSelector, signal, clock } = options
  const { random = Math.random, bounds = defaultBounds } = options
  const limits = { ...reflectorLimits, ...options.limits }
  const backoff = createBackoff({ baseMs: limits.backoffBaseMs, capMs: limits.backoffCapMs, random })
  const pulse = options.pulse ?? createPulse({ transport, clock, timeoutMs: limits.probeMs })
  const view = createView({ ...options, bounds })
  const selection = { transport, path, labelSelector, fieldSelector, signal }
  let listed = false

  /** One list, where it is needed, and one watch; gives the milliseconds to wait before the next. */
  async function turn(): Promise<number> {
    let openedAt: number | undefined
    let failed = false
    let retryAfterMs = 0
    try {
      if (!listed) {
        const listing = await listTaken({ ...selection, pageSize: limits.pageSize, bounds }, view.entryOf)
        await unlessAborted(view.replace(listing), signal)
        listed = true
      }
      await watch({
        ...selection,
        resourceVersion: view.resourceVersion(),
        timeoutSeconds: Math.round((limits.minWatchMs * (1 + random())) / 1000),
        clock,
        pulse,
        limits,
        onOpen: () => {
          openedAt = clock.now()
        },
        onEvent: view.apply,
      })
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof WatchLost)) listed = false
      if (!(error instanceof WatchLost || error instanceof RelistNeeded)) {
        failed = true
        if (error instanceof KubernetesError) retryAfterMs = error.retryAfterMs
        else if (isTooLarge(error)) retryAfterMs = limits.tooLargeMs
        await unlessAborted(view.down(reasonOf(error), isAnswer(error)), signal)
      }
    }
    const healthy = openedAt !== undefined && clock.now() - openedAt >= limits.healthyMs
    if (healthy) backoff.reset()
    return healthy && !failed ? 0 : Math.max(retryAfterMs, backoff.next())
  }

  while (!signal.aborted) {
    try {
      const wait = await turn()
      if (wait > 0) await clock.sleep(wait, signal)
    } catch {
      // aborted, or the observer could not even hear that it is down; the loop's condition tells
    }
  }
}
