import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RuntimeError } from '../../../src/drivers/runtime.ts'
import { type Progress, trackProgress } from '../../../src/engine/clusters/progress.ts'
import type { OperationRow } from '../../../src/engine/clusters/rows.ts'
import { type Step, StepFailed } from '../../../src/engine/clusters/steps.ts'
import { createFakeClock } from '../../support/clock.ts'

function row(changes: Partial<OperationRow> = {}): OperationRow {
  return {
    id: 'one',
    runtime: 'simulated',
    action: 'createCluster',
    kind: 'cluster',
    name: 'alex',
    clusterId: 'c1',
    clusterName: 'alex',
    owner: 'ann',
    generation: 1,
    state: 'pending',
    steps: [],
    message: 'accepted',
    error: null,
    idempotencyKey: null,
    fingerprint: null,
    createdAt: new Date(0),
    startedAt: null,
    finishedAt: null,
    ...changes,
  }
}

const step = (name: string): Step => ({ name, title: `doing ${name}`, needs: [], run: async () => undefined })
const [a, b, c] = [step('a'), step('b'), step('c')]

/** Progress whose writes are seen, and can be held. */
function track(...operations: OperationRow[]) {
  const clock = createFakeClock(0)
  const saved: OperationRow[] = []
  let gate: Promise<void> | undefined
  const store = {
    async save(operation: OperationRow) {
      await gate
      saved.push(operation)
    },
    async saveAll(all: OperationRow[], alongside?: (sql: never) => Promise<void>) {
      if (alongside) saved.push(row({ message: 'alongside' }))
      saved.push(...all)
    },
  }
  const progress: Progress = trackProgress({ operations, clock, store })
  const hold = () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    return resolve
  }
  const last = async () => {
    await progress.settled()
    const found = saved.at(-1)
    assert.ok(found)
    return found
  }
  return { clock, saved, progress, hold, last }
}

const shown = ({ steps }: OperationRow) => steps.map(({ name, state }) => `${name} ${state}`)

test('says which step of how many is being done, and when each began and ended', async () => {
  const { progress, clock, last } = track(row())
  progress.plan([a, b, c])
  assert.deepEqual(shown(await last()), ['a pending', 'b pending', 'c pending'])
  progress.started(a)
  progress.started(c)
  assert.equal((await last()).message, '1 of 3: doing a')
  await clock.advance(1000)
  progress.succeeded(a)
  progress.said(c, '5 of 10 MB')
  const now = await last()
  assert.equal(now.message, '3 of 3: doing c: 5 of 10 MB')
  assert.deepEqual(now.steps[0], {
    name: 'a',
    title: 'doing a',
    state: 'succeeded',
    startedAt: '1970-01-01T00:00:00.000Z',
    finishedAt: '1970-01-01T00:00:01.000Z',
  })
  assert.deepEqual([now.state, now.startedAt], ['running', new Date(0)])
})

test('however much there is to say, only the latest is written, and in order', async () => {
  const { progress, saved, hold, last } = track(row())
  const release = hold()
  progress.plan([a])
  progress.started(a)
  for (let percent = 0; percent <= 100; percent++) progress.said(a, `${percent} %`)
  release()
  assert.equal((await last()).message, '1 of 1: doing a: 100 %')
  assert.ok(saved.length <= 2, `${saved.length} writes`)
})

test('an end is the last thing written, with what belongs to it before', async () => {
  const { progress, saved, hold } = track(row())
  progress.plan([a])
  await progress.settled()
  const release = hold()
  progress.started(a)
  const ended = progress.fail(
    new StepFailed(a, new RuntimeError('BootstrapFailed', 'no', { output: 'error' })),
    async () => undefined,
  )
  release()
  await ended
  assert.deepEqual(
    saved.slice(-2).map(each => each.message),
    ['alongside', 'no'],
  )
  const last = saved.at(-1)
  assert.deepEqual([last?.state, last?.error], ['failed', { step: 'a', message: 'no', output: 'error' }])
  assert.deepEqual(last?.finishedAt, new Date(0))
})

test('a plan made anew counts what was done before, and begins again what was under way', async () => {
  const { progress, last } = track(row())
  progress.plan([a, b, c])
  progress.started(a)
  progress.succeeded(a)
  progress.started(b)
  progress.plan([b, c])
  assert.deepEqual(shown(await last()), ['a succeeded', 'b pending', 'c pending'])
  progress.started(b)
  assert.equal((await last()).message, '2 of 3: doing b')
})

test('what was under way when it failed or was cancelled is not shown as done, nor as going on', async () => {
  const failing = track(row())
  failing.progress.plan([a, b, c])
  failing.progress.started(a)
  failing.progress.started(b)
  failing.progress.failed(b, new Error('no'))
  await failing.progress.condemn(new StepFailed(b, new Error('no')), async () => undefined)
  const condemned = await failing.last()
  assert.deepEqual(shown(condemned), ['a pending', 'b failed', 'c pending'])
  assert.deepEqual([condemned.state, condemned.message], ['running', 'no; removing what there is'])
  failing.progress.plan([step('remove')])
  await failing.progress.end()
  const failed = await failing.last()
  assert.deepEqual([failed.state, failed.message, failed.error?.step], ['failed', 'no', 'b'])
  assert.deepEqual(shown(failed), ['a pending', 'b failed', 'c pending'])

  const cancelled = track(row())
  cancelled.progress.plan([a])
  cancelled.progress.started(a)
  await cancelled.progress.cancel('the cluster was deleted')
  assert.deepEqual(shown(await cancelled.last()), ['a pending'])
})

test('work that serves several operations tells all of them, and ends each as it is', async () => {
  const condemned = row({ id: 'two', error: { step: 'a', message: 'no', output: null } })
  const { progress, saved } = track(row(), condemned)
  progress.waits('waits for Docker')
  await progress.settled()
  assert.deepEqual(
    saved.map(each => [each.id, each.message, each.state]),
    [
      ['one', 'waits for Docker', 'running'],
      ['two', 'waits for Docker', 'running'],
    ],
  )
  await progress.end()
  assert.deepEqual(
    saved.slice(-2).map(each => [each.id, each.message, each.state]),
    [
      ['one', 'done', 'succeeded'],
      ['two', 'no', 'failed'],
    ],
  )
})
