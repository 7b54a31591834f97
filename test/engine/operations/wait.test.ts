import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { createMirror } from '../../../src/engine/mirror/mirror.ts'
import type { Operation } from '../../../src/engine/operations/schema.ts'
import { waitForOperation } from '../../../src/engine/operations/wait.ts'
import { createFakeClock } from '../../support/clock.ts'
import { ann, bob, refused } from '../../support/engine-on-simulated.ts'

function setUp() {
  const clock = createFakeClock()
  const mirror = createMirror({ clock })
  const table = mirror.table<Operation>('operations')
  const put = (state: Operation['state'], id = 'one') =>
    table.apply({
      id,
      name: id,
      action: 'createCluster',
      target: { kind: 'cluster', name: 'alex' },
      cluster: 'alex',
      owner: 'ann',
      state,
      step: 0,
      message: '',
      steps: [],
      error: null,
      startedAt: null,
      finishedAt: null,
      simulated: true,
      metadata: { createdAt: null, generation: 1 },
    })
  const end = new AbortController()
  const wait = (ms: number, principal = ann) =>
    waitForOperation({ table, clock, principal, id: 'one', ms, signal: end.signal })
  const leavesNothing = () => assert.deepEqual([clock.sleepers, getEventListeners(end.signal, 'abort').length], [0, 0])
  return { clock, table, put, end, wait, leavesNothing }
}

test('answers as soon as the operation has ended', async () => {
  const { put, wait, clock, leavesNothing } = setUp()
  put('pending')
  const waiting = wait(60_000)
  await clock.advance(10_000)
  put('running')
  put('pending', 'another')
  put('failed', 'another')
  await clock.advance(10_000)
  put('succeeded')
  assert.equal((await waiting).state, 'succeeded')
  leavesNothing()
  assert.equal((await wait(60_000)).state, 'succeeded', 'at once')
})

test('answers with the operation as it is when the time is over', async () => {
  const { put, wait, clock, leavesNothing } = setUp()
  put('running')
  const waiting = wait(30_000)
  await clock.advance(30_000)
  assert.equal((await waiting).state, 'running')
  leavesNothing()
  assert.equal((await wait(0)).state, 'running', 'at once')
})

test('answers with the operation as it is when its caller goes', async () => {
  const { put, wait, end, leavesNothing } = setUp()
  put('running')
  const waiting = wait(30_000)
  end.abort()
  assert.equal((await waiting).state, 'running')
  leavesNothing()
})

test('an operation that is not there, is not theirs, or goes meanwhile is not found', async () => {
  const { put, wait, table, leavesNothing } = setUp()
  await assert.rejects(wait(1000), refused('NotFound'))
  put('running')
  await assert.rejects(wait(1000, bob), refused('NotFound'))
  const waiting = wait(1000)
  table.remove('one')
  await assert.rejects(waiting, refused('NotFound'))
  leavesNothing()
})
