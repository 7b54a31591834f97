import type { Clock } from '../../clock.ts'
import { RuntimeError } from '../../drivers/runtime.ts'
import { messageOf } from '../../errors.ts'
import type { OperationError, OperationStep } from '../operations/schema.ts'
import type { OperationRow } from './rows.ts'
import { type Step, StepFailed, type StepListener } from './steps.ts'

export interface ProgressOptions {
  operations: OperationRow[]
  clock: Clock
  /** Stores an operation as it is now; called in order, one at a time for each operation. */
  save(operation: OperationRow): Promise<void>
}

export interface Progress extends StepListener {
  /** The steps that are to come; those of an earlier try that need not be done again count as done. */
  plan(steps: Step[]): void
  /** Says what the work waits for, without ending it. */
  waits(message: string): void
  /** Resolves when all that was said so far is stored. */
  stored(): Promise<void>
  succeed(): Promise<void>
  /** It has failed, and ends as failed once what there is has been removed. */
  condemn(error: unknown): Promise<void>
  fail(error: unknown): Promise<void>
  cancel(message: string): Promise<void>
}

/** Tells the operations that a piece of work is for how far it is. */
export function trackProgress({ operations, clock, save }: ProgressOptions): Progress {
  const last = new Map<string, Promise<void>>()
  const now = () => new Date(clock.now())

  /** Progress on the way is worth showing and not worth failing for; an end is awaited by its caller. */
  function store(operation: OperationRow): Promise<void> {
    const snapshot = structuredClone(operation)
    const previous = last.get(operation.id) ?? Promise.resolve()
    const saved = previous.catch(() => undefined).then(() => save(snapshot))
    last.set(operation.id, saved)
    saved.catch(() => undefined)
    return saved
  }

  function update(change: (operation: OperationRow) => void): Promise<void> {
    return Promise.all(
      operations.map(operation => {
        operation.state = 'running'
        operation.startedAt ??= now()
        change(operation)
        return store(operation)
      }),
    ).then(() => undefined)
  }

  function touch(step: Step, state: OperationStep['state'], more = ''): void {
    void update(operation => {
      const found = operation.steps.find(each => each.name === step.name)
      if (!found) return
      found.state = state
      if (state === 'running') found.startedAt ??= now().toISOString()
      else found.finishedAt = now().toISOString()
      const current = operation.steps.find(each => each.state === 'running')
      if (current)
        operation.message = `${positionOf(operation.steps, current)}: ${current.title}${current === found ? more : ''}`
    }).catch(() => undefined)
  }

  function finish(
    state: 'succeeded' | 'failed' | 'cancelled',
    message: string,
    error: OperationError | null,
  ): Promise<void> {
    return update(operation => {
      operation.state = state
      operation.message = message
      operation.error = error
      operation.finishedAt = now()
    })
  }

  return {
    plan(steps) {
      void update(operation => {
        operation.steps = mergeSteps(operation.steps, steps, now().toISOString())
      }).catch(() => undefined)
    },
    started: step => touch(step, 'running'),
    succeeded: step => touch(step, 'succeeded'),
    failed: step => touch(step, 'failed'),
    said: (step, message) => touch(step, 'running', `: ${message}`),
    waits(message) {
      void update(operation => {
        operation.message = message
      }).catch(() => undefined)
    },
    condemn: error =>
      update(operation => {
        operation.error = operationError(error)
        operation.message = `${operation.error.message}; removing what there is`
      }),
    stored: async () => {
      await Promise.allSettled(last.values())
    },
    succeed: () => finish('succeeded', 'done', null),
    fail: error => finish('failed', messageOf(error), operationError(error)),
    cancel: message => finish('cancelled', message, null),
  }
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
