import { Cron } from 'croner'

/** A field as Kubernetes' cron takes it (github.com/robfig/cron v3, standard parser): no L, W, #, and Sunday is 0 only. */
const field = (word: string) => {
  const value = `(\\*|\\?|${word}(-${word})?)(/[1-9]\\d*)?`
  return new RegExp(`^${value}(,${value})*$`, 'i')
}
const number = '\\d{1,2}'
const fields = [
  field(number),
  field(number),
  field(number),
  field(`(${number}|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)`),
  field('([0-6]|sun|mon|tue|wed|thu|fri|sat)'),
]
const shorthand = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/

/** Why a schedule is none of Kubernetes' CronJobs; undefined when it is one. */
export function scheduleFault(schedule: string): string | undefined {
  if (shorthand.test(schedule)) return undefined
  const parts = schedule.trim().split(/\s+/)
  if (parts.length !== fields.length) return 'needs five fields: minute, hour, day of month, month, day of week'
  if (!parts.every((part, index) => fields[index]?.test(part))) return 'has a field that a CronJob does not take'
  try {
    // Values out of range, ranges that run backwards, days that never come.
    const next = new Cron(schedule.replaceAll('?', '*'), { paused: true, mode: '5-part' }).nextRun()
    return next === null ? 'never comes' : undefined
  } catch (error) {
    return error instanceof Error ? error.message : 'is not a schedule'
  }
}
