import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSteps, type Step, StepFailed, type StepListener } from '../../../src/engine/clusters/steps.ts'

function recorder() {
  const events: string[] = []
  const listener: StepListener = {
    started: step => events.push(`started ${step.name}`),
    succeeded: step => events.push(`succeeded ${step.name}`),
    failed: step => events.push(`failed ${step.name}`),
    said: (step, message) => events.push(`${step.name}: ${message}`),
  }
  return { events, listener }
}

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { promise, open: () => resolve() }
}

const never = new AbortController().signal

function step(name: string, needs: string[], run: Step['run'] = async () => undefined): Step {
  return { name, title: name, needs, run }
}

test('a step starts as soon as what it needs is done, others notwithstanding', async () => {
  const slow = gate()
  const { events, listener } = recorder()
  const done = runSteps(
    [
      step('a', []),
      step('slow', [], () => slow.promise),
      step('b', ['a'], async () => slow.open()),
      step('c', ['slow', 'b']),
    ],
    listener,
    never,
  )
  await done
  assert.ok(events.indexOf('started b') < events.indexOf('succeeded slow'))
  assert.equal(events.at(-1), 'succeeded c')
})

test('a step that is not in the list counts as done', async () => {
  const { events, listener } = recorder()
  await runSteps([step('join', ['api-server'])], listener, never)
  assert.deepEqual(events, ['started join', 'succeeded join'])
})

test('when one fails the others are told to stop and waited for, and those that need it never start', async () => {
  const { events, listener } = recorder()
  let ended = false
  const running = step('long', [], async signal => {
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
    await Promise.resolve()
    ended = true
  })
  const failing = step('bad', [], async () => {
    throw new Error('exit code 1')
  })
  await assert.rejects(
    runSteps([running, failing, step('after', ['bad'])], listener, never),
    (error: unknown) => error instanceof StepFailed && error.step.name === 'bad' && error.message === 'exit code 1',
  )
  assert.equal(ended, true)
  assert.ok(!events.includes('started after'))
})

test('aborting ends the work with the reason, and no step counts as failed', async () => {
  const { events, listener } = recorder()
  const controller = new AbortController()
  const waiting = step(
    'wait',
    [],
    signal => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  )
  const done = runSteps([waiting, step('next', ['wait'])], listener, controller.signal)
  controller.abort(new Error('superseded'))
  await assert.rejects(done, { message: 'superseded' })
  assert.deepEqual(
    events.filter(event => event.startsWith('failed')),
    [],
  )
})
