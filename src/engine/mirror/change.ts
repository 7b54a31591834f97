import { type Entry, jsonAtVersion } from './entry.ts'
import type { ChangeType, ObjectEvent } from './events.ts'
import type { WatchFormat } from './formats.ts'
import type { MirrorObject } from './objects.ts'

/** One change of one object; `previous` is missing on a new one, `current` on a removed one. */
export interface Change<T> {
  readonly version: number
  readonly previous: Entry<T> | undefined
  readonly current: Entry<T> | undefined
  /** What has been encoded of it so far. */
  readonly encoded: Map<ChangeType, { event: ObjectEvent<T>; frames: Map<string, Buffer> }>
}

export function createChange<T>(of: Pick<Change<T>, 'version' | 'previous' | 'current'>): Change<T> {
  return { ...of, encoded: new Map() }
}

/**
 * What a change is to somebody who sees the objects that match: an object that starts to match is added, one that stops
 * is deleted. Undefined when it is nothing to them.
 */
export function typeFor<T>(change: Change<T>, matches: (object: Readonly<T>) => boolean): ChangeType | undefined {
  const before = change.previous !== undefined && matches(change.previous.object)
  const after = change.current !== undefined && matches(change.current.object)
  if (after) return before ? 'MODIFIED' : 'ADDED'
  return before ? 'DELETED' : undefined
}

/** The change as an event of that type, made once. A DELETED one holds the previous state only, never what came after. */
export function eventOf<T extends MirrorObject>(change: Change<T>, type: ChangeType): ObjectEvent<T> {
  return encodedOf(change, type).event
}

/** The event's frame in that format, encoded once: the same Buffer for every caller. */
export function frameOf<T extends MirrorObject>(change: Change<T>, type: ChangeType, format: WatchFormat<T>): Buffer {
  const { event, frames } = encodedOf(change, type)
  let frame = frames.get(format.name)
  if (!frame) {
    frame = format.encode(event)
    frames.set(format.name, frame)
  }
  return frame
}

export function addedEvent<T extends MirrorObject>(entry: Entry<T>): ObjectEvent<T> {
  const { object, json } = entry
  return { type: 'ADDED', resourceVersion: object.metadata.resourceVersion, object, json }
}

function encodedOf<T extends MirrorObject>(change: Change<T>, type: ChangeType) {
  let encoded = change.encoded.get(type)
  if (!encoded) {
    encoded = { event: makeEvent(change, type), frames: new Map() }
    change.encoded.set(type, encoded)
  }
  return encoded
}

function makeEvent<T extends MirrorObject>(change: Change<T>, type: ChangeType): ObjectEvent<T> {
  const entry = type === 'DELETED' ? change.previous : change.current
  if (!entry) throw new Error(`change ${change.version} cannot be ${type}`)
  if (type !== 'DELETED') return { ...addedEvent(entry), type }
  const resourceVersion = String(change.version)
  const json = jsonAtVersion(entry, resourceVersion)
  let object: T | undefined
  return {
    type,
    resourceVersion,
    json,
    get object() {
      object ??= parse<T>(json)
      return object
    },
  }
}

function parse<T>(json: Buffer): T {
  return JSON.parse(json.toString())
}
