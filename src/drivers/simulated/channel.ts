import type { ReflectorObserver } from '../kubernetes/view.ts'
import { untilAborted } from './abort.ts'

/** Those who watch one kind of object at one API server. */
export interface Channel<T> {
  /** Tells what there is and then every change until the signal aborts. */
  follow(observer: ReflectorObserver<T>, signal: AbortSignal): Promise<void>
  changed(item: T): void
  gone(key: string): void
  /** The API server answers, or not any more. */
  answers(): void
}

export interface ChannelOptions<T> {
  /** Everything there is, or why that cannot be known. */
  state(): T[] | { down: string }
  onError(error: unknown): void
}

export function createChannel<T>({ state, onError }: ChannelOptions<T>): Channel<T> {
  const observers = new Set<ReflectorObserver<T>>()

  /** One that throws disturbs nobody. */
  const safely = (observer: ReflectorObserver<T>, what: (observer: ReflectorObserver<T>) => unknown) => {
    try {
      what(observer)
    } catch (error) {
      onError(error)
    }
  }

  const tell = (what: (observer: ReflectorObserver<T>) => unknown) => {
    for (const observer of observers) safely(observer, what)
  }

  const tellState = (observer: ReflectorObserver<T>) => {
    const now = state()
    if ('down' in now) observer.down(now.down)
    else observer.synced(now)
  }

  return {
    async follow(observer, signal) {
      await Promise.resolve()
      if (signal.aborted) return
      observers.add(observer)
      const left = untilAborted(signal, () => observers.delete(observer))
      safely(observer, tellState)
      await left
    },
    changed: item => tell(observer => observer.changed(item)),
    gone: key => tell(observer => observer.gone(key)),
    answers: () => tell(tellState),
  }
}
