import assert from 'node:assert/strict'
import { ndjson } from '../../../src/engine/mirror/formats.ts'
import {
  createMirror,
  type EndReason,
  type FrameSink,
  type MirrorOptions,
  type Table,
  type Unversioned,
  type Viewer,
  type Watch,
  type WatchQuery,
} from '../../../src/engine/mirror/mirror.ts'
import { createFakeClock } from '../../support/clock.ts'

export interface Thing {
  id: string
  name: string
  owner: string | null
  labels: Record<string, string>
  size: number
  metadata: { resourceVersion: string; createdAt?: string }
}

export const admin: Viewer = { name: 'root', admin: true }
export const ann: Viewer = { name: 'ann', admin: false }
export const bob: Viewer = { name: 'bob', admin: false }

export function thing(name: string, members: Partial<Omit<Thing, 'metadata'>> = {}): Unversioned<Thing> {
  return { id: `id-${name}`, name, owner: 'ann', labels: {}, size: 0, metadata: {}, ...members }
}

/** A mirror with one table, on a clock that stands still; an unexpected error fails the test. */
export function setUp(options: Partial<MirrorOptions> = {}) {
  const clock = createFakeClock()
  const onError = (error: unknown) => assert.fail(`reported: ${error}`)
  const mirror = createMirror({ clock, onError, ...options })
  const table = mirror.table<Thing>('things')
  return { clock, mirror, table, first: clock.now() * 1000 }
}

/** An event as it arrives over the wire. */
export interface ReceivedEvent {
  type: string
  object: Thing & { code?: number; reason?: string; message?: string }
}

/** A consumer that can ask to hold frames back, and notices when it is not heard. */
export interface Consumer extends FrameSink {
  readonly frames: Buffer[]
  readonly events: ReceivedEvent[]
  /** The types and names of the events. */
  readonly told: string[]
  ended: EndReason | undefined
  /** Asks, with each frame, for no further one. */
  blocked: boolean
  /** Whether it has asked since it last resumed. */
  held: boolean
}

export function createConsumer(options: { blocked?: boolean } = {}): Consumer {
  const frames: Buffer[] = []
  const consumer: Consumer = {
    frames,
    blocked: options.blocked ?? false,
    held: false,
    ended: undefined,
    get events() {
      return frames.map(frame => parseEvent(frame))
    },
    get told() {
      return consumer.events.map(({ type, object }) => [type, object.name].filter(Boolean).join(' '))
    },
    write: frame => {
      assert.equal(consumer.ended, undefined, 'a frame after the end')
      assert.ok(!consumer.held || parseEvent(frame).type === 'ERROR', 'a frame while held back')
      frames.push(frame)
      consumer.held = consumer.blocked
      return !consumer.held
    },
    end: reason => {
      assert.equal(consumer.ended, undefined, 'ended twice')
      consumer.ended = reason
    },
  }
  return consumer
}

export function parseEvent(frame: Buffer): ReceivedEvent {
  return JSON.parse(frame.toString())
}

export interface OpenWatch {
  watch: Watch
  consumer: Consumer
  abort: AbortController
  /** The consumer takes frames again. */
  resume(): void
}

/** Opens a watch and pipes it to a new consumer. */
export function open(
  table: Table<Thing>,
  query: Partial<WatchQuery<Thing>> = {},
  consumer: Consumer = createConsumer(),
): OpenWatch {
  const abort = new AbortController()
  const watch = table.watch({ viewer: admin, format: ndjson, signal: abort.signal, ...query })
  watch.pipe(consumer)
  return {
    watch,
    consumer,
    abort,
    resume: () => {
      consumer.held = false
      watch.resume()
    },
  }
}
