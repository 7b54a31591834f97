/** What a watch delivers, as in Kubernetes. */
export type WatchEvent<T = unknown> = ObjectEvent<T> | BookmarkEvent | ErrorEvent

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED'

/** On DELETED, the object as it was last, at the version of its deletion. */
export interface ObjectEvent<T> {
  readonly type: ChangeType
  /** What a watcher that has seen this event resumes from. */
  readonly resourceVersion: string
  readonly object: Readonly<T>
  /** The object's JSON text, UTF-8. */
  readonly json: Buffer
}

/** Everything up to its version has been delivered. */
export interface BookmarkEvent {
  readonly type: 'BOOKMARK'
  readonly resourceVersion: string
  readonly object: { metadata: { resourceVersion: string; annotations?: Record<string, string> } }
  readonly json: Buffer
}

/** The last event of a watch that cannot go on: the client starts anew. */
export interface ErrorEvent {
  readonly type: 'ERROR'
  /** Empty: there is nothing to resume from. */
  readonly resourceVersion: ''
  readonly object: { kind: 'Status'; status: 'Failure'; reason: 'Expired'; code: 410; message: string }
  readonly json: Buffer
}

/** `initialEventsEnd` marks the end of the state that a watch starts with, by Kubernetes' annotation. */
export function bookmarkEvent(version: number, options: { initialEventsEnd?: boolean } = {}): BookmarkEvent {
  const resourceVersion = String(version)
  const annotations = { 'k8s.io/initial-events-end': 'true' }
  const object = { metadata: { resourceVersion, ...(options.initialEventsEnd ? { annotations } : {}) } }
  return { type: 'BOOKMARK', resourceVersion, object, json: Buffer.from(JSON.stringify(object)) }
}

export function resyncEvent(message: string): ErrorEvent {
  const object = { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410, message } as const
  return { type: 'ERROR', resourceVersion: '', object, json: Buffer.from(JSON.stringify(object)) }
}
