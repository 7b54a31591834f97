import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Query, Unversioned } from '../../../src/engine/mirror/mirror.ts'
import { GatewayError } from '../../../src/errors.ts'
import {
  admin,
  ann,
  bob,
  type Consumer,
  createConsumer,
  open,
  type ReceivedEvent,
  setUp,
  type Thing,
  thing,
} from './support.ts'

// The promise of the mirror: from any list or event onward, a watcher that reconnects sees every later change exactly
// once, in order, or is told 410. Checked against a log that never forgets.

/** One change as the model sees it. */
interface LogEntry {
  version: number
  before: Unversioned<Thing> | undefined
  after: Unversioned<Thing> | undefined
}

type Expected = { type: string; version: number; object?: Unversioned<Thing> | undefined }

interface Model {
  readonly first: number
  readonly log: LogEntry[]
  version: number
  /** By name, with the version of the last change. */
  readonly state: Map<string, { object: Unversioned<Thing>; version: number }>
}

function modelApply(model: Model, object: Unversioned<Thing>) {
  const before = model.state.get(object.name)?.object
  if (JSON.stringify(before) === JSON.stringify(object)) return
  model.version += 1
  model.state.set(object.name, { object, version: model.version })
  model.log.push({ version: model.version, before, after: object })
}

function modelRemove(model: Model, name: string) {
  const before = model.state.get(name)?.object
  if (!before) return
  model.version += 1
  model.state.delete(name)
  model.log.push({ version: model.version, before, after: undefined })
}

/** What somebody watches, and the same said for the model. */
interface Interest {
  query: Query<Thing>
  sees(object: Unversioned<Thing> | undefined): boolean
}

const interests: Interest[] = [
  { query: { viewer: admin }, sees: object => object !== undefined },
  { query: { viewer: ann }, sees: object => object?.owner === 'ann' },
  {
    query: { viewer: bob, labelSelector: 'app in (web)' },
    sees: object => object?.owner === 'bob' && object.labels.app === 'web',
  },
  { query: { viewer: admin, filter: ({ size }) => size > 0 }, sees: object => (object?.size ?? 0) > 0 },
  {
    query: { viewer: ann, labelSelector: '!app', filter: ({ size }) => size < 2 },
    sees: object => object?.owner === 'ann' && object.labels.app === undefined && object.size < 2,
  },
]

function expectedAfter(model: Model, version: number, { sees }: Interest): Expected[] {
  return model.log
    .filter(entry => entry.version > version)
    .flatMap(({ version: at, before, after }) => {
      if (sees(after)) return [{ type: sees(before) ? 'MODIFIED' : 'ADDED', version: at, object: after }]
      return sees(before) ? [{ type: 'DELETED', version: at, object: before }] : []
    })
}

function expectedState(model: Model, { sees }: Interest): Expected[] {
  const seen = [...model.state.values()].filter(({ object }) => sees(object)).sort((a, b) => a.version - b.version)
  const tableVersion = model.log.at(-1)?.version ?? model.first
  return [
    ...seen.map(({ object, version }) => ({ type: 'ADDED', version, object })),
    { type: 'BOOKMARK', version: tableVersion },
  ]
}

/** A watcher over all its connections. */
interface Client {
  interest: Interest
  /** Where it would resume from; undefined: it has to start anew. */
  position: string | undefined
  /** What it believes there is, by name. */
  cache: Map<string, Thing>
  connection: { consumer: Consumer; resume(): void; cut(): void; expected(): Expected[] } | undefined
}

function asExpected({ type, object }: ReceivedEvent): Expected {
  const { resourceVersion, ...metadata } = object.metadata
  const version = Number(resourceVersion)
  return type === 'BOOKMARK' ? { type, version } : { type, version, object: { ...object, metadata } }
}

/** Checks what came over the connection; the client keeps it but for the last `lost` frames. */
function digest(client: Client, options: { whole: boolean; lost: number }) {
  const { connection } = client
  if (!connection) return
  const { events } = connection.consumer
  const expected = connection.expected()
  assert.deepEqual(events.map(asExpected), options.whole ? expected : expected.slice(0, events.length))
  for (const { type, object } of events.slice(0, Math.max(0, events.length - options.lost))) {
    client.position = object.metadata.resourceVersion
    if (type === 'DELETED') client.cache.delete(object.name)
    else if (type !== 'BOOKMARK') client.cache.set(object.name, object)
  }
  connection.cut()
  client.connection = undefined
}

const anyThing = fc
  .record({
    n: fc.nat(4),
    owner: fc.constantFrom('ann', 'bob', null),
    app: fc.constantFrom('web', 'db', undefined),
    size: fc.nat(2),
  })
  .map(({ n, owner, app, size }) => thing(`t${n}`, { owner, size, labels: app ? { app } : {} }))

const anyAct = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: fc.constant('apply' as const), object: anyThing }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('remove' as const), name: fc.nat(4).map(n => `t${n}`) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('replace' as const),
      objects: fc.uniqueArray(anyThing, { selector: ({ name }) => name }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('otherKind' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('connect' as const),
      client: fc.nat(interests.length - 1),
      fresh: fc.constantFrom('watch' as const, 'list' as const, undefined),
      blocked: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant('cut' as const), client: fc.nat(interests.length - 1), lost: fc.nat(3) }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('take' as const), client: fc.nat(interests.length - 1) }) },
)

test('a watcher that reconnects sees every later change exactly once, in order, or is told 410', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(anyAct, { maxLength: 60 }), (ringSize, acts) => {
      const { mirror, table, first } = setUp({ ringSize })
      const others = mirror.table<Thing>('others')
      const model: Model = { first, log: [], version: first, state: new Map() }
      const clients: Client[] = interests.map(interest => ({
        interest,
        position: undefined,
        cache: new Map(),
        connection: undefined,
      }))

      function connect(client: Client, fresh: 'watch' | 'list' | undefined, blocked: boolean) {
        const { interest } = client
        if (fresh === 'list') {
          const { items, resourceVersion } = table.list(interest.query)
          client.cache = new Map(items.map(item => [item.name, item]))
          client.position = resourceVersion
        } else if (fresh === 'watch') client.position = undefined
        const { position } = client
        const consumer = createConsumer({ blocked })
        if (position === undefined) {
          client.cache = new Map()
          const opened = open(table, interest.query, consumer)
          const state = expectedState(model, interest)
          const after = model.version
          const expected = () => [...state, ...expectedAfter(model, after, interest)]
          client.connection = { consumer, resume: opened.resume, cut: () => opened.abort.abort(), expected }
          return
        }
        const after = Number(position)
        const resume = () => open(table, { ...interest.query, resourceVersion: position }, consumer)
        if (model.log.filter(entry => entry.version > after).length > ringSize) {
          assert.throws(resume, (error: unknown) => error instanceof GatewayError && error.status === 410)
          client.position = undefined
          return
        }
        const opened = resume()
        const expected = () => expectedAfter(model, after, interest)
        client.connection = { consumer, resume: opened.resume, cut: () => opened.abort.abort(), expected }
      }

      for (const act of acts) {
        if (act.act === 'apply') {
          table.apply(act.object)
          modelApply(model, act.object)
        } else if (act.act === 'remove') {
          table.remove(`id-${act.name}`)
          modelRemove(model, act.name)
        } else if (act.act === 'replace') {
          table.replace(act.objects)
          const kept = new Set(act.objects.map(({ name }) => name))
          for (const name of [...model.state.keys()].sort()) if (!kept.has(name)) modelRemove(model, name)
          for (const object of act.objects) modelApply(model, object)
        } else if (act.act === 'otherKind') {
          model.version += 1
          others.apply(thing('x', { size: model.version }))
        } else {
          const client = clients[act.client]
          if (!client) continue
          if (act.act === 'cut') digest(client, { whole: false, lost: act.lost })
          else if (act.act === 'take') {
            // One frame more, or from now on all.
            client.connection?.resume()
          } else if (!client.connection) connect(client, act.fresh, act.blocked)
        }
      }

      for (const client of clients) {
        const { connection } = client
        if (connection) {
          connection.consumer.blocked = false
          connection.resume()
          digest(client, { whole: true, lost: 0 })
          const believed = new Map([...client.cache].map(([name, { metadata: _, ...rest }]) => [name, rest]))
          const seen = [...model.state.values()].filter(({ object }) => client.interest.sees(object))
          const real = new Map(seen.map(({ object: { metadata: _, ...rest } }) => [rest.name, rest]))
          assert.deepEqual(believed, real)
        }
      }
      assert.equal(mirror.counts()[0]?.watchers, 0)
    }),
    { numRuns: 500 },
  )
})
