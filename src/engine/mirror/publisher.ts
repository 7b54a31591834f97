import { type Change, eventOf } from './change.ts'
import type { ChangeType } from './events.ts'
import type { MirrorObject } from './objects.ts'
import type { EndReason, Subscriber } from './watch.ts'

/** A change for the engine's own parts. `object` of a DELETED one is its last state, at the version of its deletion. */
export interface FeedChange<T> {
  readonly type: ChangeType
  readonly object: Readonly<T>
  readonly previous: Readonly<T> | undefined
}

export interface Publisher<T> {
  /** Tells watchers and listeners. A change made by one of them is told after this one has reached all. */
  publish(change: Change<T>): void
  /** `since`: the version of the last change that the listener does not need. Returns what ends it. */
  subscribe(listener: (change: FeedChange<T>) => void, since: number): () => void
  add(watcher: Subscriber<T>): void
  remove(watcher: Subscriber<T>, reason: EndReason): void
  /** Ends that viewer's watches with an ERROR event. */
  revise(viewerName: string): void
  counts(): { watchers: number; dropped: number }
}

/** `onError` gets what a listener throws; the others are still told. */
export function createPublisher<T extends MirrorObject>(onError: (error: unknown) => void): Publisher<T> {
  const watchers = new Set<Subscriber<T>>()
  const listeners = new Set<{ listener: (change: FeedChange<T>) => void; since: number }>()
  const outbox: Change<T>[] = []
  let publishing = false
  let dropped = 0

  function tell(change: Change<T>) {
    for (const watcher of watchers) watcher.offer(change)
    if (listeners.size === 0) return
    const type = change.current ? (change.previous ? 'MODIFIED' : 'ADDED') : 'DELETED'
    const { object } = eventOf(change, type)
    const told: FeedChange<T> = { type, object, previous: change.previous?.object }
    for (const { listener, since } of listeners) {
      if (change.version <= since) continue
      try {
        listener(told)
      } catch (error) {
        onError(error)
      }
    }
  }

  return {
    publish: change => {
      outbox.push(change)
      if (publishing) return
      publishing = true
      try {
        for (let next = outbox.shift(); next; next = outbox.shift()) tell(next)
      } finally {
        publishing = false
      }
    },
    subscribe: (listener, since) => {
      const subscription = { listener, since }
      listeners.add(subscription)
      return () => {
        listeners.delete(subscription)
      }
    },
    add: watcher => {
      watchers.add(watcher)
    },
    remove: (watcher, reason) => {
      if (watchers.delete(watcher) && reason === 'slow') dropped += 1
    },
    revise: viewerName => {
      for (const watcher of watchers) {
        if (watcher.viewerName === viewerName) watcher.revise()
      }
    },
    counts: () => ({ watchers: watchers.size, dropped }),
  }
}
