import type { Clock } from '../../../clock.ts'
import { startDeadline } from '../../../deadline.ts'
import type { Step } from '../steps.ts'

/** The same steps, each failing when it takes too long; only a pull may take as long as it moves on. */
export function withTimeLimits(steps: Step[], limitMs: number, clock: Clock): Step[] {
  return steps.map(step => (step.name === 'image' ? step : { ...step, run: limited(step, limitMs, clock) }))
}

function limited(step: Step, timeoutMs: number, clock: Clock): Step['run'] {
  return async (signal, say) => {
    const expired = () => new Error(`did not end within ${timeoutMs / 1000} s`)
    const deadline = startDeadline({ clock, timeoutMs, expired, signal })
    try {
      await step.run(deadline.signal, say)
    } finally {
      // What a step has begun for a later one still ends with them.
      deadline.stopTimer()
    }
  }
}
