import type { WatchEvent } from './events.ts'

/**
 * A wire format of watch events. `name` is unique to the format: frames are encoded once per change and name, and the
 * same Buffer goes to every subscriber, so nobody may write into it.
 */
export interface WatchFormat<T = unknown> {
  readonly name: string
  encode(event: WatchEvent<T>): Buffer
}

/** Newline-delimited JSON, as a Kubernetes watch: `{"type":…,"object":…}\n`. */
export const ndjson: WatchFormat = {
  name: 'ndjson',
  encode: event => Buffer.concat([Buffer.from(`{"type":"${event.type}","object":`), event.json, Buffer.from('}\n')]),
}

/**
 * Server-Sent Events whose `id` is the resourceVersion, so that Last-Event-ID resumes; after an ERROR it is empty, so
 * that an EventSource starts anew. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export const sse: WatchFormat = {
  name: 'sse',
  encode: ({ type, resourceVersion, json }) =>
    Buffer.concat([
      Buffer.from(`id: ${resourceVersion}\nevent: ${type}\ndata: {"type":"${type}","object":`),
      json,
      Buffer.from('}\n\n'),
    ]),
}
