/** A piece of long work: idempotent, and started as soon as the steps it needs are done. */
export interface Step {
  /** Short and stable, as `join`: what an operation's record knows the step by. */
  name: string
  /** For people: `joining 2 workers`. */
  title: string
  /** Names of steps that must have succeeded; one that is not in the list counts as done. */
  needs: string[]
  run(signal: AbortSignal, say: (message: string) => void): Promise<void>
}

export interface StepListener {
  started(step: Step): void
  succeeded(step: Step): void
  failed(step: Step, error: unknown): void
  /** More about a step that is under way, such as how much is pulled. */
  said(step: Step, message: string): void
}

/** The step that failed, with what it failed of as the cause. */
export class StepFailed extends Error {
  readonly step: Step
  override readonly cause: unknown

  constructor(step: Step, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause))
    this.step = step
    this.cause = cause
  }
}

/**
 * Runs steps, each as soon as what it needs is done. When one fails the others are aborted and waited for; rejects with
 * that StepFailed, or with the signal's reason when it aborts.
 */
export async function runSteps(steps: Step[], listener: StepListener, signal: AbortSignal): Promise<void> {
  const failure = new AbortController()
  const stop = AbortSignal.any([signal, failure.signal])
  const running = new Map<string, Promise<void>>()
  for (const step of steps) {
    const needs = step.needs.flatMap(name => running.get(name) ?? [])
    const run = async () => {
      await Promise.all(needs)
      stop.throwIfAborted()
      listener.started(step)
      try {
        await step.run(stop, message => listener.said(step, message))
        listener.succeeded(step)
      } catch (error) {
        if (!stop.aborted) {
          const failed = new StepFailed(step, error)
          failure.abort(failed)
          listener.failed(step, error)
        }
        throw error
      }
    }
    running.set(step.name, run())
  }
  await Promise.allSettled(running.values())
  stop.throwIfAborted()
}
