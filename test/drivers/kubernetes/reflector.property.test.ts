import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { reflectorLimits } from '../../../src/drivers/kubernetes/reflector.ts'
import { type ApiAnswer, status } from './support/api-server.ts'
import { node, nodes, type Reflection, startReflection } from './support/reflection.ts'
import { createWorlds } from './support/worlds.ts'

type Step =
  | { act: 'put' | 'lose' | 'remove'; name: string; text: string }
  | { act: 'compact' | 'expire' | 'cut' | 'end' | 'garbage' | 'restore' }
  | { act: 'break'; how: 'hang' | 'reset' | 'forbid' }
  | { act: 'pass'; ms: number }

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constantFrom('put', 'remove'),
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      text: fc.constantFrom('1', '2', '3'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constantFrom('compact', 'expire', 'cut', 'end', 'garbage', 'restore') }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('break'), how: fc.constantFrom('hang', 'reset', 'forbid') }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('pass'), ms: fc.integer({ min: 1, max: 70_000 }) }) },
)

const answers: Record<string, ApiAnswer> = { hang: 'hang', reset: 'reset', forbid: status(403, 'Forbidden', 'no') }

/** What an observer knows who does as it is told; refuses calls that tell nothing new. */
function createPicture() {
  const known = new Map<string, string>()
  const entry = (item: string): [string, string] => [item.split('=')[0] ?? '', item]
  return {
    known,
    observer: {
      synced(items: string[]) {
        known.clear()
        for (const item of items) known.set(...entry(item))
      },
      changed(item: string) {
        const [name] = entry(item)
        assert.notEqual(known.get(name), item, 'told what it knew')
        known.set(name, item)
      },
      gone(key: string) {
        assert.ok(known.delete(key), 'told that something is gone which it did not know')
      },
    },
  }
}

async function take(step: Step, run: Reflection, serial: number): Promise<void> {
  const last = run.api.watches.all.at(-1)
  if (step.act === 'put') run.api.put(nodes, node(step.name, `${step.text}-${serial}`))
  else if (step.act === 'remove') run.api.remove(nodes, step.name)
  else if (step.act === 'compact') run.api.compact()
  else if (step.act === 'expire') last?.event('ERROR', { kind: 'Status', code: 410, message: 'too old' })
  else if (step.act === 'cut') last?.cut()
  else if (step.act === 'end') last?.end()
  else if (step.act === 'garbage') last?.send('{"type":\n')
  else if (step.act === 'restore') run.api.intercept = undefined
  else if (step.act === 'break') run.api.intercept = () => answers[step.how]
  else if (step.act === 'pass') await run.clock.advance(step.ms)
}

describe('reflector, whatever happens', () => {
  const [world] = createWorlds()
  assert.ok(world)

  it('ends up with what the API server has, and tells nothing twice', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(steps, { maxLength: 40 }),
        fc.integer({ min: 1, max: 3 }),
        async (history, pageSize) => {
          const picture = createPicture()
          const faults: string[] = []
          await using run = await startReflection(world, {
            limits: { pageSize },
            observer: { ...picture.observer, down: reason => faults.push(reason) },
          })
          for (const [serial, step] of history.entries()) {
            await take(step, run, serial)
            await run.clock.settle()
          }
          run.api.intercept = undefined
          await run.clock.advance(reflectorLimits.silentMs + reflectorLimits.backoffCapMs)

          const expected = ['a', 'b', 'c', 'd'].flatMap(name => {
            const stored = run.api.get(nodes, name)
            return stored ? [`${name}=${stored.text}`] : []
          })
          assert.deepEqual([...picture.known.values()].sort(), expected)
          assert.deepEqual(
            faults.filter(fault => fault.startsWith('told ')),
            [],
          )
        },
      ),
      { numRuns: 200 },
    ))
})
