import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { RuntimeError } from '../../src/drivers/runtime.ts'
import { createSimulatedRuntime, type SimulatedRuntime } from '../../src/drivers/simulated/runtime.ts'
import type { CommandOptions } from '../../src/engine/command-options.ts'
import type { Operation } from '../../src/engine/operations/schema.ts'
import { hasEnded } from '../../src/engine/operations/view.ts'
import { GatewayError } from '../../src/errors.ts'
import { readGatewayId } from '../../src/store/gateway.ts'
import type { Store } from '../../src/store/postgres.ts'
import { createEagerClock } from '../support/eager-clock.ts'
import {
  ann,
  assertNothingLeft,
  emptyStore,
  newEngine,
  type Rig,
  rigOf,
  root,
  worldOf,
} from '../support/engine-on-simulated.ts'
import { recordingLog } from '../support/log.ts'
import { createMortal, type Death, type Mortal } from '../support/mortal.ts'

/** Something that is asked for. */
interface Story {
  /** How the cluster is before. */
  before: Outcome
  /** What goes wrong. */
  inject?(runtime: SimulatedRuntime): void
  command(rig: Rig, options: CommandOptions): Promise<Operation>
  /** What there shall be in the end. */
  after: Outcome
  /** What there is where it has failed or was cancelled; it must not where there is none. */
  afterFailure?: Outcome
}

/** Null: nothing at all. */
type Outcome = { nodes: number; state: 'ready' | 'stopped' } | null

const ready = (nodes: number) => ({ nodes, state: 'ready' }) as const
const stopped = (nodes: number) => ({ nodes, state: 'stopped' }) as const
const broken = () => new RuntimeError('BootstrapFailed', 'kubeadm failed', { output: 'error: no\n' })
const create = (rig: Rig, options: CommandOptions) =>
  rig.engine.clusters.create(ann, { name: 'alex', nodes: 2 }, options)
const scaleTo = (nodes: number) => (rig: Rig, options: CommandOptions) =>
  rig.engine.clusters.patch(ann, 'alex', { nodes }, options)

const stories: Record<string, Story> = {
  create: { before: null, command: create, after: ready(2) },
  'scale up': { before: ready(1), command: scaleTo(3), after: ready(3) },
  'scale down': { before: ready(3), command: scaleTo(1), after: ready(1) },
  stop: {
    before: ready(2),
    command: (rig, options) => rig.engine.clusters.stop(ann, 'alex', options),
    after: stopped(2),
  },
  start: {
    before: stopped(2),
    command: (rig, options) => rig.engine.clusters.start(ann, 'alex', options),
    after: ready(2),
  },
  delete: {
    before: ready(2),
    command: (rig, options) => rig.engine.clusters.remove(ann, 'alex', options),
    after: null,
  },
  'create that fails': {
    before: null,
    inject: runtime => runtime.inject.failNext('join', broken()),
    command: create,
    after: ready(2),
    afterFailure: null,
  },
  'scale up that fails': {
    before: ready(2),
    inject: runtime => runtime.inject.failNext('join', broken()),
    command: scaleTo(4),
    after: ready(4),
    afterFailure: ready(2),
  },
  'create, then delete': {
    before: null,
    async command(rig, options) {
      const begun = await create(rig, options)
      return rig.engine.clusters.remove(ann, 'alex').catch((error: unknown) => {
        if (error instanceof GatewayError && error.code === 'NotFound') return begun
        throw error
      })
    },
    after: null,
    afterFailure: null,
  },
}

/** Each process of the gateway dies at one of its calls, and another one takes over. */
interface Life {
  at: number
  death: Death
  countStore?: boolean
}

const clock = createEagerClock()

interface Real {
  store: Store
  runtime: SimulatedRuntime
}

async function startProcess(real: Real, sees: Pick<Mortal, 'store' | 'runtime'> = real): Promise<Rig> {
  const log = recordingLog()
  const engine = await newEngine({ ...sees, clock, log, gatewayId: await readGatewayId(real.store) })
  return rigOf({ ...real, engine, clock, log })
}

async function setUp({ before, inject }: Story, real: Real): Promise<void> {
  if (before) {
    const rig = await startProcess(real)
    await rig.engine.start()
    await rig.create({ name: 'alex', nodes: before.nodes })
    if (before.state === 'stopped') await rig.done(rig.engine.clusters.stop(ann, 'alex'))
    await rig.engine.close()
  }
  inject?.(real.runtime)
}

/** Lets processes die one after the other, and the last one live. Answers with where the first one died, if it did. */
async function tell(story: Story, lives: Life[]): Promise<string | undefined> {
  const real = { store: await emptyStore(), runtime: createSimulatedRuntime({ clock, pace: 0 }) }
  await setUp(story, real)
  const idempotencyKey = randomUUID()
  const mortals: Mortal[] = []
  const places: (string | undefined)[] = []

  for (const life of lives) {
    const mortal = createMortal({ ...real, ...life })
    mortals.push(mortal)
    const rig = await startProcess(real, mortal)
    const lived = rig.engine
      .start()
      .then(() => converge(story, rig, idempotencyKey))
      .then(() => rig.engine.close())
    places.push(await Promise.race([mortal.died, lived.then(() => undefined)]))
  }

  const rig = await startProcess(real)
  await rig.engine.start()
  try {
    const outcome = await converge(story, rig, idempotencyKey)
    for (const mortal of mortals) await mortal.finishLate()
    await assertIs(outcome, rig)
    if (outcome) await rig.done(rig.engine.clusters.remove(ann, 'alex'))
    await assertNothingLeft(rig)
  } finally {
    await rig.engine.close()
  }
  return places[0]
}

/** What was written before the end is brought about unasked; what was not, when it is asked for again. */
async function converge(story: Story, rig: Rig, idempotencyKey: string): Promise<Outcome> {
  const [written] = await rig.store.sql<{ id: string }[]>`
    select id from operations where idempotency_key = ${idempotencyKey}`
  if (written) await rig.operation(written.id, hasEnded)
  const operation = await rig.ended(repeat(story, rig, idempotencyKey))
  if (written && story !== stories['create, then delete']) assert.equal(operation.id, written.id)
  if (operation.state === 'succeeded') return story.after
  assert.notEqual(story.afterFailure, undefined, `${operation.message} ${JSON.stringify(operation.error)}`)
  return story.afterFailure ?? null
}

/** Asks again; answers with what there is to know when the cluster is gone. */
async function repeat(story: Story, rig: Rig, idempotencyKey: string): Promise<Operation> {
  try {
    return await story.command(rig, { idempotencyKey })
  } catch (error) {
    const [done] = rig.engine.tables.operations.list({
      viewer: root,
      filter: each => each.action === 'deleteCluster',
    }).items
    if (done && error instanceof GatewayError && error.code === 'NotFound') return done
    throw error
  }
}

async function assertIs(outcome: Outcome, rig: Rig): Promise<void> {
  const rows = () => rig.nodes('alex').map(node => node.name)
  const networks = outcome ? 1 : 0
  const world = await worldOf(
    rig.runtime,
    world => world.nodes.length === rows().length && world.networks.length === networks,
  )
  assert.deepEqual(world.nodes.map(node => node.name).toSorted(), rows())
  assert.deepEqual(rig.engine.tables.operations.list({ viewer: root, filter: each => !hasEnded(each) }).items, [])
  if (!outcome) return
  const { state, readyNodes } = rig.cluster('alex')
  assert.deepEqual(
    { state, nodes: rows().length, readyNodes },
    { ...outcome, readyNodes: outcome.state === 'ready' ? outcome.nodes : 0 },
  )
}

const deaths: Death[] = ['before', 'after', 'late']

for (const death of deaths)
  test(`killed ${death} each call to the runtime while it creates a cluster, the gateway goes on when it is back`, async () => {
    let places = 0
    for (let at = 1; ; at++) {
      const place = await tell(stories.create ?? assert.fail(), [{ at, death, countStore: false }])
      if (place === undefined) break
      places++
    }
    assert.ok(places >= 12, `${places}`)
  })

test('property: killed anywhere, also while it recovers, the gateway brings about what it was asked for', async () => {
  const life = fc.record({ at: fc.integer({ min: 1, max: 140 }), death: fc.constantFrom(...deaths) })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(stories)),
      fc.array(life, { minLength: 1, maxLength: 3 }),
      async (name, lives) => {
        await tell(stories[name] ?? assert.fail(), lives)
      },
    ),
    { numRuns: Number(process.env.CRASHES ?? 60), endOnFailure: true },
  )
})
