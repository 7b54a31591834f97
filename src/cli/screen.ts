import progress from 'cli-progress'
import type { Command } from '../api/qbo/grammar/command.ts'
import { keyOf, nameOf, tableOf } from './tables.ts'
import { isRecord, plain, printable } from './text.ts'

export interface ScreenOptions {
  color: boolean
  command: Pick<Command, 'verb' | 'flags'>
  /** The time, ms. */
  now(): number
}

/** What a terminal shows of a command: tables of what came, and how far the work is. */
export interface Screen {
  take(message: Readonly<Record<string, unknown>>): void
  /** What is to be seen now, of no more lines than `rows`: of what does not fit, how much it is. */
  frame(size: { width: number; rows: number }): string[]
  /** What is to stay when the command has ended. */
  rest(width: number): string[]
  /** What a list without elements is called; undefined when something was shown. */
  missing(): string | undefined
}

const barWidth = 24

export function createScreen({ color, command, now }: ScreenOptions): Screen {
  const shown = new Map<string, Map<string, Record<string, unknown>>>()
  const texts: string[] = []
  const notices = new Set<string>()
  const began = now()
  let bar = ''
  let ending = ''

  function keep(kind: string, element: Record<string, unknown>) {
    const rows = shown.get(kind) ?? new Map<string, Record<string, unknown>>()
    shown.set(kind, rows)
    const key = keyOf(kind, element)
    if (element.state === 'deleted' || element.status === 'deleted') rows.delete(key)
    else rows.set(key, element)
  }

  /** `said` holds for words that are no part of every command's course. */
  function output({ kubeconfig, message, step, steps }: Record<string, unknown>, said: boolean) {
    if (typeof kubeconfig === 'string') texts.push(printable(kubeconfig.trimEnd()))
    else if (typeof step === 'number' && typeof steps === 'number')
      bar = steps > 0 ? `${drawn(step / steps)} ${step}/${steps} ${plain(message).replace(/^\d+ of \d+: /, '')}` : ''
    else if (said && typeof message === 'string') notices.add(plain(message))
  }

  function finish({ code }: Readonly<Record<string, unknown>>) {
    bar = ''
    const changes = command.verb !== 'get' && command.verb !== 'version'
    if (changes && code === 200) ending = `Done in ${((now() - began) / 1000).toFixed(1)} s.`
  }

  const tables = (width: number) =>
    [...shown].map(([kind, rows]) => tableOf(kind, [...rows.values()], { color, width }))
  /** Parts, with a line between tables. */
  function lines(width: number): string[] {
    const parts = [texts.flatMap(text => text.split('\n')), ...tables(width)].filter(part => part.length > 0)
    return parts.flatMap((part, index) => (index === 0 ? part : ['', ...part]))
  }

  return {
    take(message) {
      const done = message.command === 'CMD_DONE'
      for (const [kind, elements] of Object.entries(message)) {
        if (!Array.isArray(elements)) continue
        if (nameOf(kind) !== undefined && !shown.has(kind)) shown.set(kind, new Map())
        for (const element of elements.filter(isRecord)) {
          if (kind === 'output') output(element, !done && message.code === 200)
          else if (nameOf(kind) !== undefined) keep(kind, element)
          else if (kind !== 'input') texts.push(printable(JSON.stringify(element, null, 2)))
        }
      }
      if (done) finish(message)
    },
    frame({ width, rows }) {
      const below = [...notices, bar].filter(line => line !== '').map(line => line.slice(0, width))
      const all = lines(width)
      const room = Math.max(1, rows - below.length)
      if (all.length <= room) return [...all, ...below]
      const kept = all.slice(0, room - 1)
      return [...kept, `… and ${all.length - kept.length} more lines`.slice(0, width), ...below].slice(0, rows)
    },
    rest: width => [...lines(width), ...notices, ...(ending === '' ? [] : [ending])],
    missing() {
      if (command.verb !== 'get' || texts.length > 0 || [...shown.values()].some(rows => rows.size > 0))
        return undefined
      const [only, ...others] = [...shown.keys()]
      return only !== undefined && others.length === 0 ? nameOf(only) : 'resources'
    },
  }
}

function drawn(part: number): string {
  const options = {
    barsize: barWidth,
    barCompleteString: '█'.repeat(barWidth),
    barIncompleteString: '░'.repeat(barWidth),
    barGlue: '',
  }
  return progress.Format.BarFormat(Math.min(part, 1), options)
}
