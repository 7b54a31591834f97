import type { Operation } from '../../src/engine/operations/schema.ts'

/** A step of a longer work; `startMs` counts from the beginning of that work. */
export interface StepTime {
  name: string
  startMs: number
  ms: number
}

export interface Sample {
  /** Milliseconds. */
  ms: number
  steps?: StepTime[]
}

/** Samples by what was measured, in the order of their first one. */
export type Samples = Map<string, Sample[]>

export function note(samples: Samples, what: string, sample: Sample): void {
  samples.set(what, [...(samples.get(what) ?? []), sample])
}

/** The steps of an operation with their own times. */
export function stepsOf({ steps, metadata }: Operation): StepTime[] {
  const begun = Date.parse(metadata.createdAt ?? '')
  return steps.flatMap(({ name, startedAt, finishedAt }) =>
    startedAt && finishedAt
      ? [{ name, startMs: Date.parse(startedAt) - begun, ms: Date.parse(finishedAt) - Date.parse(startedAt) }]
      : [],
  )
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

const medianOf = (samples: Sample[] | undefined) => samples && median(samples.map(each => each.ms))

/** Medians beside each other, and what part of kind's time ours is. */
export function comparison(ours: Samples, kinds: Samples): string {
  const rows = [...ours].map(([what, samples]) => {
    const our = medianOf(samples)
    const kind = medianOf(kinds.get(what))
    const ratio = our !== undefined && kind !== undefined ? (our / kind).toFixed(2) : ''
    return [what, seconds(our), seconds(kind), ratio]
  })
  return table(['seconds', 'kindgate', 'kind', 'ratio'], rows)
}

/** The medians of a work's steps: when each begins and how long it takes. */
export function stepTable(title: string, samples: Sample[]): string {
  const steps = samples.flatMap(sample => sample.steps ?? [])
  const rows = [...Map.groupBy(steps, step => step.name)].map(([name, times]) => [
    name,
    seconds(median(times.map(each => each.startMs))),
    seconds(median(times.map(each => each.ms))),
  ])
  return table([title, 'begins', 'takes'], rows)
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '' : (ms / 1000).toFixed(2)
}

/** The first column on the left, the others on the right. */
function table(head: string[], rows: string[][]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map(row => (row[column] ?? '').length)))
  const [first = 0] = widths
  const line = (row: string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(Math.max(first, 30)) : cell.padStart((widths[column] ?? 0) + 3),
      )
      .join('')
      .trimEnd()
  return all.map(line).join('\n')
}
