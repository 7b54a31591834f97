import { isDeepStrictEqual } from 'node:util'
import type { MirrorObject, Unversioned } from './objects.ts'

/** One live object: its own frozen copy of the producer's value, and its JSON text. */
export interface Entry<T> {
  readonly key: string
  readonly version: number
  readonly object: Readonly<T>
  /** UTF-8, shared by everybody who reads it. */
  readonly json: Buffer
}

/** The end of every text: the resourceVersion comes last, so that a text takes another version without encoding anew. */
const tail = '"}}'

/** An object's JSON text up to its resourceVersion. */
export function headOf<T extends MirrorObject>(object: Unversioned<T>): string {
  const { metadata, ...rest } = object
  const { resourceVersion: _ignored, ...others } = metadata
  return JSON.stringify({ ...rest, metadata: { ...others, resourceVersion: '' } }).slice(0, -tail.length)
}

/** The object that a head stands for, with an empty resourceVersion. */
export function parseHead<T>(head: string): T {
  return JSON.parse(head + tail)
}

/** Takes `content` over: it gets its version and is frozen. */
export function createEntry<T extends MirrorObject>(of: {
  key: string
  head: string
  content: T
  version: number
}): Entry<T> {
  const { key, head, content, version } = of
  const resourceVersion = String(version)
  Object.assign(content.metadata, { resourceVersion })
  deepFreeze(content)
  return { key, version, object: content, json: Buffer.from(head + resourceVersion + tail) }
}

/** True when `head` is the text of what the entry holds; false says nothing, as members may come in another order. */
export function hasText(entry: Entry<unknown>, head: string): boolean {
  return entry.json.equals(Buffer.from(head + String(entry.version) + tail))
}

/** Whether both are deeply equal apart from the resourceVersion. */
export function sameContent(a: MirrorObject, b: MirrorObject): boolean {
  return isDeepStrictEqual(withoutVersion(a), withoutVersion(b))
}

/** The entry's text with another version. */
export function jsonAtVersion(entry: Entry<unknown>, version: string): Buffer {
  const head = entry.json.length - tail.length - String(entry.version).length
  return Buffer.concat([entry.json.subarray(0, head), Buffer.from(version + tail)])
}

function withoutVersion(object: MirrorObject): object {
  return { ...object, metadata: { ...object.metadata, resourceVersion: '' } }
}

function deepFreeze(value: object): void {
  Object.freeze(value)
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member)
  }
}
