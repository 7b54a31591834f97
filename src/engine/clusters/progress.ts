import type { TransactionSql } from 'postgres'
import type { Clock } from '../../clock.ts'
import { RuntimeError } from '../../drivers/runtime.ts'
import { messageOf } from '../../errors.ts'
import { createBatches } from '../batches.ts'
import type { OperationError, OperationStep } from '../operations/schema.ts'
import type { OperationState } from '../operations/state.ts'
import type { OperationRow } from './rows.ts'
import { type Step, StepFailed, type StepListener } from './steps.ts'

export interface ProgressOptions {
  /** What the work is for; changed in place. */
  operations: OperationRow[]
  clock: Clock
  store: Pick<OperationState, 'save' | 'saveAll'>
}

type Alongside = (sql: TransactionSql) => Promise<void>

export interface Progress extends StepListener {
  /** The steps that are to come; those of an earlier try that need not be done again count as done. */
  plan(steps: Step[]): void
  /** Says what the work waits for, without ending it. */
  waits(message: string): void
  /** What was to be done is done: operations have succeeded, those that were condemned have failed. */
  end(): Promise<void>
  /** They have failed, and end as failed once what there is has been removed. */
  condemn(error: unknown, alongside: Alongside): Promise<void>
  fail(error: unknown, alongside?: Alongside): Promise<void>
  cancel(message: string): Promise<void>
  /** Resolves when nothing more of this is being written. */
  settled(): Promise<void>
}

/** Tells the operations that a piece of work is for how far it is. */
export function trackProgress({ operations, clock, store }: ProgressOptions): Progress {
  // Only the latest state is worth writing. Progress on the way is not worth failing for; an end is awaited.
  const tracks = operations.map(operation => ({
    operation,
    writes: createBatches<OperationRow>(async states => {
      const latest = states.at(-1)
      if (latest) await store.save(latest)
    }),
  }))
  const now = () => new Date(clock.now())

  function change(change: (operation: OperationRow) => void): void {
    for (const { operation } of tracks) {
      operation.state = 'running'
      operation.startedAt ??= now()
      change(operation)
    }
  }

  function update(how: (operation: OperationRow) => void): void {
    change(how)
    for (const { operation, writes } of tracks) void writes.add(structuredClone(operation)).catch(() => undefined)
  }

  async function settled(): Promise<void> {
    await Promise.all(tracks.map(({ writes }) => writes.settled()))
  }

  async function conclude(how: (operation: OperationRow) => void, alongside?: Alongside): Promise<void> {
    change(how)
    await settled()
    await store.saveAll(structuredClone(operations), alongside)
  }

  function touch(step: Step, state: OperationStep['state'], more = ''): void {
    update(operation => {
      const found = operation.steps.find(each => each.name === step.name)
      if (!found) return
      found.state = state
      if (state === 'running') found.startedAt ??= now().toISOString()
      else found.finishedAt = now().toISOString()
      const current = operation.steps.find(each => each.state === 'running')
      if (current)
        operation.message = `${positionOf(operation.steps, current)}: ${current.title}${current === found ? more : ''}`
    })
  }

  return {
    plan: steps =>
      update(operation => {
        // A condemned one shows what it was condemned for.
        if (operation.error === null) operation.steps = mergeSteps(operation.steps, steps, now().toISOString())
      }),
    started: step => touch(step, 'running'),
    succeeded: step => touch(step, 'succeeded'),
    failed: step => touch(step, 'failed'),
    said: (step, message) => touch(step, 'running', `: ${message}`),
    waits: message =>
      update(operation => {
        operation.message = message
      }),
    end: () => conclude(operation => endOperation(operation, operation.error ? 'failed' : 'succeeded', now())),
    condemn: (error, alongside) =>
      conclude(operation => {
        operation.error = operationError(error)
        operation.message = `${operation.error.message}; removing what there is`
        interruptSteps(operation)
      }, alongside),
    fail: (error, alongside) =>
      conclude(operation => {
        operation.error ??= operationError(error)
        endOperation(operation, 'failed', now())
      }, alongside),
    cancel: message => conclude(operation => endOperation(operation, 'cancelled', now(), message)),
    settled,
  }
}

/** How an operation ends, whatever it was at. */
export function endOperation(
  operation: OperationRow,
  state: 'succeeded' | 'failed' | 'cancelled',
  at: Date,
  message = 'done',
): void {
  operation.state = state
  operation.message = state === 'failed' ? (operation.error?.message ?? message) : message
  operation.startedAt ??= at
  operation.finishedAt = at
  if (state === 'succeeded') completeSteps(operation, at)
  else interruptSteps(operation)
}

function completeSteps({ steps }: OperationRow, at: Date): void {
  for (const step of steps) {
    step.state = 'succeeded'
    step.finishedAt ??= at.toISOString()
  }
}

/** What was under way has not been done. */
function interruptSteps({ steps }: OperationRow): void {
  for (const step of steps) if (step.state === 'running') step.state = 'pending'
}

function positionOf(steps: OperationStep[], step: OperationStep): string {
  return `${steps.indexOf(step) + 1} of ${steps.length}`
}

/** A new plan over a record: what the record has and the plan has not is done; what both have starts over. */
function mergeSteps(recorded: OperationStep[], planned: Step[], now: string): OperationStep[] {
  const done = recorded
    .filter(step => !planned.some(each => each.name === step.name))
    .map(step => ({ ...step, state: 'succeeded' as const, finishedAt: step.finishedAt ?? now }))
  const todo = planned.map(({ name, title }) => {
    const before = recorded.find(step => step.name === name)
    return { name, title, state: 'pending' as const, startedAt: before?.startedAt ?? null, finishedAt: null }
  })
  return [...done, ...todo]
}

function operationError(error: unknown): OperationError {
  const cause = error instanceof StepFailed ? error.cause : error
  return {
    step: error instanceof StepFailed ? error.step.name : null,
    message: messageOf(cause),
    output: cause instanceof RuntimeError ? (cause.output ?? null) : null,
  }
}
